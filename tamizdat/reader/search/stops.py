"""Words that are in every text and tell nothing about it: neither kept in the index nor looked for.

As ``terms`` folds them: lower case, without marks, one form for each letter.
"""

from __future__ import annotations

ENGLISH = """
about after all also am an and any are as at be because been before being but by can could did do
does for from had has have he her here him his how if in into is it its itself just like may me
might more most must my no nor not now of off on once one only or other our out over own said say
she should so some such than that the their them then there these they this those through to too
under until up us very was we were what when where which while who whom why will with would you
your
"""
RUSSIAN = """
без более больше будет будто бы был была были было быть вам вас ведь весь во вот все всего всех вы
где да даже для до его ее если есть еще же за здесь из или им их как ко когда которая которого
которое которой котором которую которые который которых кто ли либо лишь между меня мне может мы
на над надо нас не него нее нет ни них но ну об однако он она они оно от очень по под после потом
потому при про раз сам свое своей своих свой себе себя сейчас со так также такой там те тем теперь
то тогда того тоже той только том тот тут ты уже хотя чего чем что чтобы эта эти этих это этого
этой этом этот
"""
PERSIAN = """
از است اش ام اما ان اند او اگر ای ایا ایم این اینکه با باشد باید بر برای بود بودن بوده به بی تا
تان تر ترین تو توسط جز چه چون خود دارد دارند داشت در دو دیگر را روی سپس شان شد شده شود شوند ما مان
مانند من می نه نمی نیز نیست ها های هایش هایی هر هم همه همین هنوز هیچ و ولی وی پس پیش چرا چند چنین
که کرد کرده کند کنند گفت گفته یا یک یکی
"""

STOPS: dict[str, frozenset[str]] = {
    "en": frozenset(ENGLISH.split()),
    "ru": frozenset(RUSSIAN.split()),
    "fa": frozenset(PERSIAN.split()),
}


def stops(language: str) -> frozenset[str]:
    return STOPS.get(language.partition("-")[0].lower(), frozenset())
