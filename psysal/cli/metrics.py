"""``psysal metrics``: every metric of every profile.

Place: registry of metrics -> tables on standard output.
"""

from psysal.cli.tables import AsJson, print_json, print_table

WIDTHS = {"name": 16, "better": 6, "needs": 12, "score": 40}


def metrics(as_json: AsJson = False) -> None:
    """List all metrics by profile: name, better direction, needs and definition.

    A metric is chosen by psysal evaluate --profile PROFILE --metrics NAME.
    """
    from dataclasses import asdict

    from psysal.evaluation.profiles import DEFAULTS, PROFILES

    if as_json:
        infos = [info for by_name in PROFILES.values() for info in by_name.values()]
        keys = [key for key in asdict(infos[0]) if key not in ("function", "optimal_map")]
        print_json({key: getattr(info, key) for key in keys} for info in infos)
        return
    for profile, by_name in PROFILES.items():
        rows = [
            (info.name, info.better, ", ".join(info.needs), info.summary)
            for info in by_name.values()
        ]
        print_table(f"{profile} (default: {', '.join(DEFAULTS[profile])})", WIDTHS, rows)
    print(
        "needs: fixations on other images; the density of all fixations on an image, so\n"
        "that leave_one_observer_out has no score; ppd, the pixels per degree of the\n"
        "data set; probability, models whose values are densities, or --fit monotone"
    )
