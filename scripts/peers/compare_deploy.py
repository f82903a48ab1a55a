"""Compares what the files for deployment say twice: how long a daemon may take to stop, where it listens, who it is.

It runs in the project's root.
"""

import re
import sys
from pathlib import Path

import yaml


def main():
    defaults = Path("config/default.toml").read_text(encoding="utf-8")
    unit = Path("deploy/systemd/linerentd.service").read_text(encoding="utf-8")
    image = Path("Dockerfile").read_text(encoding="utf-8")
    compose = yaml.safe_load(Path("deploy/compose.yaml").read_text(encoding="utf-8"))
    scrape = yaml.safe_load(Path("deploy/prometheus/prometheus.yaml").read_text(encoding="utf-8"))
    kinds = {kind: manifest for kind, manifest in manifests("deploy/kubernetes")}
    pods = {kind: kinds[kind]["spec"]["template"]["spec"] for kind in ("Deployment", "Job")}
    settings = kinds["ConfigMap"]["data"]["linerent.toml"]

    grace_s = int(only(r"^grace_s = (\d+)$", defaults))
    port = only(r'^listen = "[^"]*:(\d+)"$', defaults)
    user = only(r"^USER (\d+):\d+$", image)
    daemon = compose["services"]["daemon"]

    patience_s = {
        "the unit's TimeoutStopSec=": int(only(r"^TimeoutStopSec=(\d+)$", unit)),
        "Compose's stop_grace_period": int(daemon["stop_grace_period"].rstrip("s")),
        "Kubernetes' terminationGracePeriodSeconds": pods["Deployment"]["terminationGracePeriodSeconds"],
    }

    checks = {
        **{f"{what} is above shutdown.grace_s": length_s > grace_s for what, length_s in patience_s.items()},
        "the image exposes the port of http.listen": only(r"^EXPOSE (\d+)$", image) == port,
        "Compose listens on it": daemon["environment"]["LINERENT__HTTP__LISTEN"].endswith(f":{port}"),
        "Prometheus scrapes it": f"daemon:{port}" in scrape["scrape_configs"][0]["static_configs"][0]["targets"],
        "Kubernetes' settings listen on it": only(r'^listen = "[^"]*:(\d+)"$', settings) == port,
        "Kubernetes names it": str(pods["Deployment"]["containers"][0]["ports"][0]["containerPort"]) == port,
        **{
            f"the {kind} runs as the image's user": str(pod["securityContext"]["runAsUser"]) == user
            for kind, pod in pods.items()
        },
        "job and daemon are one image": len({pod["containers"][0]["image"] for pod in pods.values()}) == 1,
        "job and daemon have the same secrets": pods["Job"]["containers"][0]["env"]
        == pods["Deployment"]["containers"][0]["env"],
    }
    for what, holds in checks.items():
        if not holds:
            print(f"this does not hold: {what}")
    return 0 if all(checks.values()) else 1


def manifests(folder):
    for path in sorted(Path(folder).glob("*.yaml")):
        for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield manifest["kind"], manifest


def only(pattern, text):
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return found


if __name__ == "__main__":
    sys.exit(main())
