from tests.stories.test_protected_authors import *
from django.test.utils import CaptureQueriesContext
import time
def test_x(newsroom, staff, mira, monkeypatch):
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[mira.pk])
    d=staff[EDITOR]
    def go(label):
        f=d.form(edit(story)); f["body-count"]="0"; f["action-publish"]="1"; f["title"]=label
        t=time.process_time()
        with CaptureQueriesContext(connection) as c: d.post(edit(story), f)
        print(label, len(c), round(time.process_time()-t,3))
        return [q["sql"] for q in c]
    go("warm"); a=go("on1"); a=go("on2")
    from collections import Counter
    import re
    for k,v in Counter(re.sub(r"\d+","N",q)[:110] for q in a).most_common(14): print(v,k)
    monkeypatch.setattr(protection, "book", lambda *_: None); monkeypatch.setattr(protection, "notice", lambda *_: None)
    monkeypatch.setattr(protection, "is_booked", lambda *_: False); monkeypatch.setattr(protection, "is_protected", lambda *_: False)
    monkeypatch.setattr(masking, "needs_mask", lambda *_: False)
    go("off1"); go("off2")
