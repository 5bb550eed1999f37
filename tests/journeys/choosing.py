"""A photo chosen in the newsroom's admin, as an editor does it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect


def upload_lead_photo(page: Page, picture: Path) -> None:
    """Upload a picture in the chooser of a story's form, so that it leads the story."""
    page.click("#id_lead_photo-chooser [data-chooser-action-choose]")
    dialog = page.locator(".modal")
    dialog.get_by_role("tab", name="Upload").click()
    dialog.locator("input[type=file]").set_input_files(picture)
    dialog.locator("[name$=title]").last.fill("Weir")
    dialog.locator("[name$=description]").fill("A weir between grey banks.")
    dialog.locator("[name$=credit]").fill("Ilsa Venn")
    dialog.get_by_role("button", name="Upload").click()
    expect(page.locator("#id_lead_photo-title")).to_contain_text("Weir")
