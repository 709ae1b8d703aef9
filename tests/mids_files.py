"""Build files of Mids Reborn, made part by part."""

import json
from typing import Any

from calc import mbd
from calc.mbd import Imported
from tests.small import SMALL

MELEE = "Scrapper_Melee.Dark_Melee"
ATTACK = f"{MELEE}.Attack_1"
HASTEN = "Pool.Speed.Hasten"
HEALTH = "Inherent.Fitness.Health"

Json = dict[str, Any]


def slot(level: object = 1, enhancement: object = None) -> Json:
    return {
        "Level": level,
        "IsInherent": False,
        "Enhancement": enhancement,
        "FlippedEnhancement": None,
    }


def piece(uid: str, level: object = 49, relative: str = "Even", grade: str = "None") -> Json:
    return {
        "Uid": uid,
        "Grade": grade,
        "IoLevel": level,
        "RelativeLevel": relative,
        "Obtained": False,
    }


def power(name: str, level: object = 1, *slots: Json, on: bool = False, **more: object) -> Json:
    return {
        "PowerName": name,
        "Level": level,
        "StatInclude": on,
        "ProcInclude": False,
        "VariableValue": 0,
        "InherentSlotsUsed": 0,
        "SubPowerEntries": [],
        "SlotEntries": list(slots),
    } | more


def file(*powers: Json, **more: object) -> Json:
    return {
        "BuiltWith": {
            "App": "Mids Reborn",
            "Version": "3.8.6.0",
            "Database": "Homecoming",
            "DatabaseVersion": "2026.5.1337",
        },
        "Level": "49",
        "Class": "Class_Scrapper",
        "Origin": "Magic",
        "Alignment": "Hero",
        "Name": "Nova",
        "Comment": "",
        "PowerSets": [MELEE, "Scrapper_Defense.Shield_Defense", "", "Pool.Speed", "", "", "", ""],
        "LastPower": 24,
        "PowerEntries": list(powers),
    } | more


def read(*powers: Json, **more: object) -> Imported:
    return mbd.read(json.dumps(file(*powers, **more)), SMALL)


def codes(imported: Imported) -> list[str]:
    return [problem.code for problem in imported.problems]
