"""What we add to Wagtail's admin. (Dashboard, "New story", withdraw: being written by another pair of hands.)"""
