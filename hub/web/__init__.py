"""The hub's HTTP side: the URL table, who may call what, bodies, errors and the pages."""
