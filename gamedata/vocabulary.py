"""The words of the export's enumerations: what is not here is reported as not understood.

Source: revision homecoming-20251209_7415, every value that occurs (city-of-data.md §4, §5).
"""


def _words(text: str) -> frozenset[str]:
    """One word per comma: some hold spaces."""
    return frozenset(word.strip() for word in text.split(","))


POWER_TYPES = _words("Auto, Click, Toggle, Enhancement, Global Enhancement, Inspiration, Boost")
EFFECT_AREAS = _words("AoE, Chain, Cone, Location, Map, SingleTarget")
TARGETS = _words(
    "Ally (Alive), Any, Any (Alive), Anything, Foe, Foe (Alive), Foe (Dead), Leaguemate, "
    "Leaguemate (Alive), Leaguemate (Dead), Location, Location (Teleport), NPC Foe (Dead), "
    "Own Pet (Alive), Pet (Dead), Pet Root Owner, Player (Alive), Player Ally (Dead), "
    "Player Teammate, Player Teammate (Alive), Position, Self"
)
ATTACK_TYPES = _words(
    "Area, Cold, Energy, Fire, Incarnate, Lethal, Melee, Negative_Energy, Psionic, Ranged, "
    "Smashing, Sonic, Toxic"
)
PROC_ALLOWED = _words("All, None")
PVP = _words("EITHER, PVE_ONLY, PVP_ONLY")
ASPECTS = _words("Absolute, Current, Maximum, Resistance, Strength")
TEMPLATE_TYPES = _words("Constant, Duration, Expression, Magnitude")
TEMPLATE_TARGETS = _words("AnyAffected, AnyAffectedAndPets, Marker, Self, SelfAndPets, TargetOnly")
APPLICATIONS = _words("OnActivate, OnDeactivate, OnDisable, OnEnable, OnExpire, OnTick")
STACKS = _words(
    "Continuous, Extend, Ignore, Maximize, Overlap, Refresh, RefreshToLimit, Replace, Stack, "
    "StackToLimit, Suppress"
)
CASTER_STACKS = _words("Collective, Individual")
EFFECT_FLAGS = _words(
    "Fallback, HideFromInfo, HitRollFail, HitRollSuccess, MainTargetOnly, PVEOnly, PVPOnly, "
    "SecondaryTargetsOnly"
)
TEMPLATE_FLAGS = _words(
    "AdjustTimer, AlwaysPersist, Boost, BoostIgnoreDiminishing, CancelOnMiss, CombatModDuration, "
    "CombatModMagnitude, Cooldown, CopyBoosts, CopyCreatorCostume, CopyCreatorMods, DelayEval, "
    "DoNotTintCostume, HideZero, IgnoreLevelDifference, IgnoreResistance, IgnoreStrength, "
    "IgnoreSupressErrors, KeepThroughDeath, NearGround, NoFloaters, NoHitDelay, "
    "NoProjectileDelay, PseudoPet, ResistDuration, ResistMagnitude, RevokeAll, SetTimer, "
    "StackByAttribAndKey, StackExactPower, VanishEntOnTimeout"
)
EVENTS = _words(
    "Activate, ActivateAttackClick, AttackedByOther, AttackedByOtherClick, AttackedNoException, "
    "AttackedOther, Confused, Damaged, Defeated, Healed, Held, HelpedByOther, HelpedOther, "
    "HitByFoe, HitByFriend, Immobilized, Intangible, Knocked, MissByOther, MissionObjectClick, "
    "Moved, NearGround, PetAttacked, PseudoPetHelpedOther, PseudoPetHitOther, Repelled, Sleep, "
    "Stunned, Teleported, Terrorized, Untouchable"
)
DAMAGE_TYPES = _words(
    "Cold, Electrical, Energy, Fire, Heal, Lethal, Negative_Energy, Psionic, Quantum, Radiation, "
    "Smashing, Sonic, Special, Toxic, Unique1, Unique2, Unique3"
)
DEFENSES = _words(
    "Area, Cold, Energy, Fire, Lethal, Melee, Negative_Energy, Psionic, Ranged, Smashing, Toxic"
)
ATTRIBUTES = (
    frozenset(f"{word}_Dmg" for word in DAMAGE_TYPES)
    | frozenset(f"{word}_Elusivity" for word in DEFENSES)
    | DEFENSES
    | _words(
        "Absorb, Accuracy, Add_Behavior, Add_Token, Afraid, Avoid, Base_Defense, Cancel_Effects, "
        "Clear_Damagers, Clear_Fog, Combat_Phase, Confused, Create_Entity, Debt_Protection, "
        "Designer_Status, ElusivityBase, Endurance, EnduranceDiscount, Evade, "
        "Exclusive_Vision_Phase, Execute_Power, ExperienceGain, Fly, FlyingSpeed, Glide, "
        "Global_Chance_Mod, Grant_Boosted_Power, Grant_Power, Held, HitPoints, Hover_Board, "
        "Immobilized, InfluenceGain, Intangible, InterruptTime, Jump Pack, JumpHeight, "
        "JumpingSpeed, Knockback, Knockup, Level_Shift, Magic_Carpet, Meter, MovementControl, "
        "MovementFriction, Ninja_Run, Null, OnlyAffectsSelf, PerceptionRadius, Placate, "
        "Power_Chance_Mod, PrestigeGain, Rage, Range, RechargeTime, Recharge_Power, Recovery, "
        "Regeneration, Repel, Revoke_Power, Reward, Reward_Source_Team, RunningSpeed, "
        "Script_Notify, Set_Costume, Set_Mode, Set_Script_Value, Set_Token, Silent_Kill, Sleep, "
        "Stealth, StealthRadius_PVE, StealthRadius_PVP, Steam_Jump, Stunned, Taunt, Teleport, "
        "Terrorized, ThreatLevel, TimeToRoot, ToHit, Translucency, Unset_Mode, Untouchable, "
        "View_Attributes, Vision_Phase"
    )
)
GEOMETRY = _words("Arc, Radius")  # strengths that are no attributes
ORIGINS = _words("Magic_Boost, Mutation_Boost, Natural_Boost, Science_Boost, Technology_Boost")
ENHANCEMENT_TYPES = _words(
    "Enhance Accuracy, Enhance Confuse, Enhance Damage, Enhance Damage Resistance, "
    "Enhance Defense, Enhance Defense DeBuff, Enhance Disorient, "
    "Enhance Endurance Modification, Enhance Fear, Enhance Flying Speed, Enhance Heal, "
    "Enhance Hold, Enhance Immobilization, Enhance Intangibility, Enhance Jump, "
    "Enhance KnockBack, Enhance Multiple, Enhance Range, Enhance Recharge Speed, "
    "Enhance Running Speed, Enhance Sleep, Enhance Slow Movement, Enhance Threat Duration, "
    "Enhance ToHit Buffs, Enhance ToHit DeBuffs, Reduce Endurance Cost, Reduce Interrupt Time, "
    "Incarnate: Destiny Capable, Incarnate: Interface Capable, Incarnate: Judgement Capable, "
    "Incarnate: Lore Capable"
)
ENHANCEMENT_ASPECTS = _words(
    "+Fly Magnitude, Accuracy, Afraid, Confuse, Damage, Damage Resistance, Defense, "
    "Defense Debuff, EndMod, Endurance, Fly, Heal, Hold, Immobilize, Intangibility, "
    "InterruptTime, Jump, KnockToKnockDown, Knockback, Mez, Move Speed, OnlyAffectsSelf, "
    "PowerChanceMod, Range, Recharge, Run, Sleep, Slow, Stun, Terrorize, Threat, ToHit, "
    "ToHit Debuff, Untouchable"
)
RESTRICTIONS = _words("Hero, NoPraetoria, NoTutorial, Villain")
RARITIES = _words(
    "Archetype, PvP, Rare, Superior Archetype, Superior Winter Pack Series, Uncommon, Very Rare, "
    "Winter Pack Series"
)

# Expressions, lower-case. Functions may follow `source.` or `target.`.
POWER_FUNCTIONS = _words("ownpower?, ownpowernum?, toggleactive?")  # of a power or powerset
NAME_FUNCTIONS = _words(  # of a mode, tag, token, ...: open lists
    "challenge?, hastag?, mode?, owned?, productowned?, system>maptokenval, tokenowned?"
)
NUMBER_FUNCTIONS = _words("minmax, ne, pow, rand")
FUNCTIONS = POWER_FUNCTIONS | NAME_FUNCTIONS | NUMBER_FUNCTIONS
VARIABLES = _words(
    "$archetype, @chainjump, @chancemods, @customfx, @effectiveness, @forcehit, @scale, "
    "@stdresult, @strength, @tohit, @tohitroll, @value, always, atlevelcap?, distance, "
    "isaccountinventoryloaded?, isarchitectmap?, ismissionmap?, ispvpmap?, istutorialmap?, "
    "isvip?, now, prevdistance, target.isfriend?"
)
CONTEXTS = _words(  # what may stand before an accessor
    "auth, auto, boostsslotted, char, involume, maintarget, "
    "mapname, power.base, power.boosted, powerboostsslotted, scriptmessage, source, "
    "source.eventtimesince, source.involume, source.owner, source.teamsize, target, "
    "target.eventcount, target.eventtimesince, target.owner, target.tokentime, target.villainname"
)
