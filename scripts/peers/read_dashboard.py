"""Has Grafana's own types read a dashboard, and hands its queries on.

    python read_dashboard.py DASHBOARD.json QUERIES.yaml

What those types do not know, they leave out: it is lost when the dashboard is written again, and so a mistake. The
queries are written as a file of rules, which `promtool check rules` reads.
"""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# What Grafana puts in before it asks, and what may stand there for Prometheus.
VARIABLES = {"$__rate_interval": "5m"}


def main(dashboard_path, queries_path):
    with open(dashboard_path, encoding="utf-8") as file:
        dashboard = json.load(file)
    mistakes = [*lost(dashboard, written_again(dashboard)), *misplaced(dashboard["panels"])]
    with open(queries_path, "w", encoding="utf-8") as file:
        json.dump(rules(dashboard["panels"]), file)  # JSON is YAML
    for mistake in mistakes:
        print(mistake)
    return 1 if mistakes else 0


def written_again(dashboard):
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


def lost(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key} is not known"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{path}/{index}")
    elif before != after:
        yield f"{path} is {before!r} and comes back as {after!r}"


def misplaced(panels):
    """Panels with one number or on one place; and data from elsewhere than the dashboard's own variable."""
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        for cell in [("panel", panel["id"]), *sorted(cells)]:
            if taken.setdefault(cell, panel["title"]) != panel["title"]:
                yield f"{panel['title']} and {taken[cell]} share {cell}"
                break
        for source in [panel, *panel.get("targets", [])]:
            if source.get("datasource", {}).get("uid", "${datasource}") != "${datasource}":
                yield f"{panel['title']} has a data source of its own"


def rules(panels):
    queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    for variable, value in VARIABLES.items():
        queries = [query.replace(variable, value) for query in queries]
    # Names of their own, as the same rule twice would be a mistake.
    listed = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    return {"groups": [{"name": "queries", "rules": listed}]}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
