"""What the baker knows: the files that stand, what each of them shows, and what is to be done.

Rules:

* A *recipe* names a file by what it shows (``story:12``, ``list:p3:7``); its path may change.
* A dependency row says that a file shows a thing. The rows are written by the rendering itself.
* A change becomes ``Dirty`` rows in one transaction; a dirty row goes away only in the transaction
  that records the file it led to. So a killed bake is taken up where it stopped.
* That same transaction marks the metadata that lists the file as stale; it is fresh again when its
  next version is with the readers. So a killed sealing is taken up as well.
* A version is taken here before anything that bears it is written: no number is ever used twice.
"""

from __future__ import annotations

from django.db import models


class Edition(models.Model):
    """The whole set of public files at one moment. Its number is the snapshot's version.

    ``sealed_at`` is empty for one whose sealing was cut short; the next edition holds what it held.
    """

    number = models.PositiveBigIntegerField(unique=True)
    made_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True, blank=True)
    written = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)

    class Meta:
        get_latest_by = "number"

    def __str__(self) -> str:
        return f"edition {self.number}"


class Metadata(models.Model):
    """A piece of TUF metadata that the baker signs: the timestamp, the snapshot, or a bin."""

    role = models.CharField(max_length=20, unique=True)
    version = models.PositiveBigIntegerField(default=0)
    key_id = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_stale = models.BooleanField(default=True)
    # A page that it listed was withdrawn: earlier versions name the page, and must go at once.
    forgets = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.version}.{self.role}"


class File(models.Model):
    """A page of the edition, as it stands on disk."""

    recipe = models.CharField(max_length=120, unique=True)
    path = models.CharField(max_length=1000, unique=True)
    sha256 = models.CharField(max_length=64)
    length = models.PositiveIntegerField()
    edition = models.PositiveBigIntegerField()
    bin = models.CharField(max_length=20, blank=True)  # the role whose metadata lists it

    class Meta:
        indexes = [models.Index(fields=["bin"], name="files_of_bin")]

    def __str__(self) -> str:
        return self.path


class Shows(models.Model):
    """A file shows a thing (``tamizdat.stories.keys``)."""

    file = models.ForeignKey(File, models.CASCADE, related_name="shows")
    key = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "key"], name="file_shows_once")]
        indexes = [models.Index(fields=["key"], name="files_that_show")]

    def __str__(self) -> str:
        return f"{self.file_id} shows {self.key}"


class Asset(models.Model):
    """A picture or recording in the edition, named by its own SHA-256."""

    path = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    length = models.PositiveIntegerField()
    idle_since = models.DateTimeField(null=True, blank=True)  # no page names it since
    bin = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["bin"], name="assets_of_bin"),
            models.Index(
                fields=["idle_since"],
                name="idle_assets",
                condition=models.Q(idle_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.path


class Uses(models.Model):
    """A file names an asset."""

    file = models.ForeignKey(File, models.CASCADE, related_name="uses")
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="used_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "asset"], name="file_uses_once")]

    def __str__(self) -> str:
        return f"{self.file_id} uses {self.asset_id}"


class Dirty(models.Model):
    """A recipe whose file must be made again. Smaller ``rank`` first: what readers see first
    (``tamizdat.bake.plan`` says what the ranks mean)."""

    recipe = models.CharField(max_length=120, unique=True)
    rank = models.PositiveSmallIntegerField()
    # Counts up whenever the recipe is asked for again, so that a bake under way cannot tick off
    # a change that came after it had read.
    round = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["rank", "id"], name="dirty_in_order")]

    def __str__(self) -> str:
        return self.recipe


class Moved(models.Model):
    """An address that a recipe's page once had; it forwards as long as the page stands."""

    path = models.CharField(max_length=1000, unique=True)
    recipe = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["recipe"], name="moved_recipe")]

    def __str__(self) -> str:
        return self.path
