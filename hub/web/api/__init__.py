"""The handlers behind `/api/v1`, one module per resource. The table that names them is `hub/web/routes.py`."""
