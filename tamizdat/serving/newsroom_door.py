"""gunicorn's settings for the newsroom's door.

One process with threads: what Wagtail and we keep in memory is then the same for every request.
There is no access log; what goes wrong is said without an address.
"""

from tamizdat import scrubbing

scrubbing.install()

worker_class = "gthread"
workers = 1
threads = 8
graceful_timeout = 5
accesslog = None
loglevel = "warning"
control_socket_disable = True
proc_name = "tamizdat-newsroom"
