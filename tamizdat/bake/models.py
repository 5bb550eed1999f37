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

    # No index of its own: the constraint's begins with it, and these are most of a bake's rows.
    file = models.ForeignKey(File, models.CASCADE, related_name="shows", db_index=False)
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

    file = models.ForeignKey(File, models.CASCADE, related_name="uses", db_index=False)  # as above
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


class Withdrawn(models.Model):
    """A story that left the edition, until it is sealed beside the backups
    (``tamizdat.bake.withdrawn``)."""

    deed = "withdrawn"  # this, and thing and reason: serving.backups.retractions

    story = models.UUIDField()  # its translations have the same
    language = models.CharField(max_length=12)
    day = models.DateField()

    def __str__(self) -> str:
        return f"{self.story} ({self.language})"

    @property
    def thing(self) -> bytes:
        return self.story.bytes

    @property
    def reason(self) -> str:
        return self.language


class SearchSegment(models.Model):
    """A segment of the search index, as it stands (``tamizdat.reader.search.segments``).

    The ``level`` says how large it may grow: 0 holds the newest stories, 2 the whole archive.
    """

    language = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    name = models.PositiveBigIntegerField(unique=True)  # a new one with each merge
    bits = models.PositiveSmallIntegerField(default=0)
    numbers = models.PositiveIntegerField(default=0)
    stories = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    shards = models.BinaryField()
    chunks = models.BinaryField()
    days = models.BinaryField()  # numbers of 32 bits

    class Meta:
        indexes = [models.Index(fields=["language"], name="segments_of_language")]

    def __str__(self) -> str:
        return f"{self.language}: {self.stories} stories"


class SearchEntry(models.Model):
    """What the search index knows of a story (``tamizdat.reader.search.entries``).

    A number that the segment has not yet given out is promised: a merge is at work on it. A story
    that is deleted keeps its row until the index is without it.
    """

    story = models.PositiveBigIntegerField(unique=True)
    language = models.CharField(max_length=20)
    published = models.DateTimeField()
    words = models.BinaryField()  # as the index has them; before it does, as it is to have them
    fresh = models.BinaryField(null=True)  # as the page has them, where that is another thing
    segment = models.ForeignKey(SearchSegment, models.DO_NOTHING, null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)
    is_gone = models.BooleanField(default=False)  # no reader may find it any more
    is_waiting = models.BooleanField(default=True)  # the index does not say what the page says

    class Meta:
        indexes = [
            models.Index(fields=["segment", "number"], name="entries_of_segment"),
            models.Index(
                fields=["language", "published"],
                name="waiting_entries",
                condition=models.Q(is_waiting=True),
            ),
        ]

    def __str__(self) -> str:
        return f"story {self.story}"


class SearchSuperseded(models.Model):
    """A file of the search index that an earlier manifest names; it stays for a while."""

    path = models.CharField(max_length=100, unique=True)
    language = models.CharField(max_length=20)
    since = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.path
