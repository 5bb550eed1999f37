"""The newsroom's pages about appeals and money: read what was asked, call one deed, choose an
answer."""
