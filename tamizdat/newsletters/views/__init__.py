"""The newsroom's pages about newsletters: read what was asked, call one deed, choose an answer."""
