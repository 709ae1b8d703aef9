"""How Mids Reborn names what the game names otherwise. Facts only; `mbd_names` applies them.

Everything else has the same full name in both, or is found by its display name within the
powerset. Keys are lower case, values as the game writes them.
Source: the names of Mids' Homecoming database 2026.1.1242 compared with the export of
homecoming-20251209_7415.
"""

POWERSETS = {
    "controller_buff.electrical_affinity": "Controller_Buff.Shock_Therapy",
    "corruptor_buff.electrical_affinity": "Corruptor_Buff.Shock_Therapy",
    "mastermind_buff.electrical_affinity": "Mastermind_Buff.Shock_Therapy",
    "blaster_support.temporal_manipulation": "Blaster_Support.Time_Manipulation",
    "blaster_support.atomic_manipulation": "Blaster_Support.Radiation_Manipulation",
    "epic.corr_flame_mastery": "Epic.Corruptor_Fire_Mastery",
    "epic.def_flame_mastery": "Epic.Defender_Fire_Mastery",
    "epic.dark_mastery_blaster": "Epic.Blaster_Dark_Mastery",
    "epic.dark_mastery_controller": "Epic.Controller_Dark_Mastery",
    "epic.dark_mastery_dominator": "Epic.Dominator_Dark_Mastery",
    "epic.dark_mastery_mastermind": "Epic.Mastermind_Dark_Mastery",
    "epic.dark_mastery_tankbrute": "Epic.Tank_Dark_Mastery",
    "epic.psionic_mastery_tankbrute": "Epic.Tank_Psionic_Mastery",
    "epic.psionic_mastery_scrapstalk": "Epic.Melee_Psionic_Mastery",
    "epic.ice_mastery_scrapstalk": "Epic.Scrapper_Ice_Mastery",
    "epic.ice_mastery_defcorr": "Epic.Defender_Ice_Mastery",
    "epic.scrapper_mace_mastery": "Epic.Stalker_Mace_Mastery",
    "epic.sentinel_elec_mastery": "Epic.Sentinel_Electricity_Mastery",
    "epic.sentinel_lev_mastery": "Epic.Sentinel_Leviathan_Mastery",
    "epic.sentinel_psi_mastery": "Epic.Sentinel_Psionic_Mastery",
    "pool.leadership_beta": "Pool.Leadership",
}

# Asked before the direct match: `Gymnastics` and `Lightning_Field` are powers in both, but others.
POWERS = {
    "pool.flight.evasive_maneuvers": "Pool.Flight.Afterburner",
    "peacebringer_defensive.luminous_aura.quantum_maneuvers": (
        "Peacebringer_Defensive.Luminous_Aura.Quantum_Acceleration"
    ),
    "dominator_control.illusion_control.superior_invisibility": (
        "Dominator_Control.Illusion_Control.Invisibility"
    ),
    "dominator_control.illusion_control.phantom_army": "Dominator_Control.Illusion_Control.Decoy",
    "dominator_control.illusion_control.spectral_terrror": (
        "Dominator_Control.Illusion_Control.Spectral_Terror"
    ),
    "blaster_support.tactical_arrow.gymnastics": "Blaster_Support.Tactical_Arrow.Quickness",
    "blaster_support.tactical_arrow.oil_slick_arrow": "Blaster_Support.Tactical_Arrow.Gymnastics",
    "blaster_support.electricity_manipulation.lightning_field": (
        "Blaster_Support.Electricity_Manipulation.Lightning_Clap"
    ),
    "blaster_support.electricity_manipulation.lightning_clap": (
        "Blaster_Support.Electricity_Manipulation.Lightning_Field"
    ),
    "teamwork.widow_teamwork.nw_pain_tolerance": "Teamwork.Widow_Teamwork.Pain_Tolerance",
    "teamwork.fortunata_teamwork.frt_fate_sealed": "Teamwork.Fortunata_Teamwork.Fate_Sealed",
    "inherent.inherent.speed_phase": "Pool.Speed.SpeedPhase",
} | {
    f"{category.lower()}.{powerset.lower()}.{mids.lower()}": f"{category}.{powerset}.{game}"
    for categories, powerset, mids, game in (
        (
            ("Controller_Buff", "Corruptor_Buff", "Defender_Buff", "Mastermind_Buff"),
            "Shock_Therapy",
            "Galvanic_Sentinel",
            "Discharge",
        ),
        (
            ("Controller_Buff", "Corruptor_Buff", "Defender_Buff", "Mastermind_Buff"),
            "Shock_Therapy",
            "Defibrilate",
            "Defibrillate",
        ),
        (
            ("Controller_Buff", "Corruptor_Buff", "Defender_Buff", "Mastermind_Buff"),
            "Marine_Affinity",
            "Power_of_the_Depths",
            "Call_Depths",
        ),
        (
            ("Controller_Control", "Dominator_Control"),
            "Arsenal_Control",
            "Tri_Cannon",
            "Gun_Drone",
        ),
    )
    for category in categories
}

# Bookkeeping of the planner, not of the game.
ONLY_IN_MIDS = frozenset(
    {
        "inherent.inherent.special_set_bonuses",
        "inherent.inherent.fast_snipe",
        "inherent.inherent.double_jump",
    }
)

ORIGINS = ("Magic", "Mutation", "Natural", "Science", "Technology")
# How the ids of dual origin enhancements begin: each fits two origins.
DUAL_ORIGINS = (
    "Mutation_Magic",
    "Mutation_Science",
    "Natural_Magic",
    "Science_Technology",
    "Technology_Natural",
)

RELATIVE_LEVELS = {
    "MinusThree": -3,
    "MinusTwo": -2,
    "MinusOne": -1,
    "Even": 0,
    "PlusOne": 1,
    "PlusTwo": 2,
    "PlusThree": 3,
    "PlusFour": 4,
    "PlusFive": 5,
}

# Which words of a long label mean which aspect of the catalogue; "" says nothing.
LABEL_WORDS = {
    "acc": "accuracy",
    "dam": "damage",
    "damage increase": "damage",
    "def": "defense",
    "defense buff": "defense",
    "defense increase": "defense",
    "def debuff": "defense debuff",
    "end": "endurance",
    "endurance reduction": "endurance",
    "endurance discount": "endurance",
    "end reduction": "endurance",
    "end redux": "endurance",
    "end mod": "endmod",
    "endurance modification": "endmod",
    "rech": "recharge",
    "rechargetime": "recharge",
    "recharge reduction": "recharge",
    "recharge speed": "recharge",
    "healing": "heal",
    "absorb": "",
    "res": "damage resistance",
    "resist": "damage resistance",
    "resistance": "damage resistance",
    "resist damage": "damage resistance",
    "to hit": "tohit",
    "to hit buff": "tohit",
    "tohit buff": "tohit",
    "to hit debuff": "tohit debuff",
    "confusion": "confuse",
    "confuse duration": "confuse",
    "confusion duration": "confuse",
    "control duration": "mez",
    "immob": "immobilize",
    "immobilisation": "immobilize",
    "immobilisation duration": "immobilize",
    "immobilization duration": "immobilize",
    "disorient": "stun",
    "disorient duration": "stun",
    "stun duration": "stun",
    "fear": "terrorize",
    "fear duration": "terrorize",
    "afraid": "",
    "hold duration": "hold",
    "sleep duration": "sleep",
    "intangible": "intangibility",
    "intangibility duration": "intangibility",
    "onlyaffectsself": "",
    "untouchable": "",
    "flying": "fly",
    "flight": "fly",
    "flight speed": "fly",
    "fly speed": "fly",
    "flying speed": "fly",
    "jumping": "jump",
    "run speed": "run",
    "running speed": "run",
    "running": "run",
    "movement speed": "move speed",
    "slow movement": "slow",
    "snare": "slow",
    "taunt": "threat",
    "placate": "",
    "threat duration": "threat",
    "interrupt": "interrupttime",
    "interrupt reduction": "interrupttime",
    "interrupt duration": "interrupttime",
    "knockback distance": "knockback",
    "range increase": "range",
    "confused": "confuse",
    "flyspeed": "fly",
    "runspeed": "run",
    "rechage": "recharge",
    "powerchancemod": "",
}
MOVE_SPEED = ("Run Speed, Jump, Flight Speed, Range", "Move Speed")

# What Mids calls Hamidon kinds, without "Exposure", "Particles", "Shard": the letters before a
# bracket in the game's own names too.
SPECIAL_KINDS = {
    label: f"{family}_{aspects}"
    for aspects, *labels in (
        ("Accuracy_Mez", "endoplasm", "graviton", "calcite", "binding"),
        ("Buff_Endurance_Discount", "cytoskeleton", "proton", "tanzenite", "elusivity"),
        ("Buff_Recharge", "membrane", "quark", "citrine", "shifting"),
        ("Damage_Accuracy", "nucleolus", "neutrino", "diamond", "empowerment"),
        ("Damage_Mez", "peroxisome", "gluon", "amethyst", "containment"),
        ("Damage_Range", "centriole", "neutron", "quartz", "extension"),
        ("DeBuff_Accuracy", "lysosome", "delta", "gypsum", "obfuscation"),
        ("DeBuff_Endurance_Discount", "enzyme", "anti-protons", "zeolite", "marginalization"),
        ("Heal_Endurance_Discount", "golgi", "positron", "kyanite", "reconstitution"),
        ("Res_Damage_Endurance_Discount", "ribosome", "electron", "peridont", "fortification"),
        ("Travel_Endurance_Discount", "microfilament", "theta", "selenite", "acceleration"),
        ("Accuracy_Range", "microvillus", "", "", "guidance"),
        ("Damage_Endurance_Discount", "karyoplasm", "", "", "efficiency"),
        ("Damage_Recharge", "chromatin", "", "", "optimization"),
        ("Endurance_Modification_Accuracy", "microtubule", "", "", "drain"),
        ("Endurance_Modification_Recharge", "vesicle", "", "", "conduit"),
        ("Heal_Accuracy", "chloroplast", "", "", "siphon"),
        ("Heal_Recharge", "amyloplast", "", "", "reconstruction"),
        ("Slow_Recharge_Endurance_Discount", "stereocilia", "", "", "deceleration"),
        ("Threat_Accuracy_Recharge", "ectosome", "", "", "provocation"),
    )
    for family, label in zip(("Hamidon", "Hydra", "Titan", "DSync"), labels, strict=True)
    if label
}
