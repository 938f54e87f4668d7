"""The sales organisation: teams, who worked in them from when to when, who gets the work."""

from __future__ import annotations

import heapq
import unicodedata
from dataclasses import dataclass

import numpy as np

from demo import clock, words
from demo.draws import Draws
from demo.words import ACCOUNT_MANAGER, EXECUTIVE, MANAGER, SDR

STILL_THERE = 99_999
# How long people stay in a role, in days on average.
_STAY = {SDR: 900, EXECUTIVE: 1_500, ACCOUNT_MANAGER: 2_200, MANAGER: 2_800}
# Who does the work of a role while its seats are empty.
_STAND_INS = {
    SDR: [SDR, EXECUTIVE, MANAGER, ACCOUNT_MANAGER],
    EXECUTIVE: [EXECUTIVE, MANAGER, ACCOUNT_MANAGER, SDR],
    ACCOUNT_MANAGER: [ACCOUNT_MANAGER, EXECUTIVE, MANAGER, SDR],
    MANAGER: [MANAGER, EXECUTIVE, ACCOUNT_MANAGER, SDR],
}


@dataclass
class People:
    """Teams, reps and assignments as parallel arrays.

    An assignment is a rep's time in one team and role, ``start`` and ``end`` being its first
    and last day; :data:`STILL_THERE` ends the present ones. ``learning_since`` is the day
    from which the ramp-up counts: before ``start`` for those who bring experience.
    """

    team_names: list[str]
    team_region: np.ndarray
    team_countries: list[list[str]]
    rep_names: list[tuple[str, str]]
    rep_emails: list[str]
    rep_hired: np.ndarray
    rep_left: np.ndarray
    rep_skill: np.ndarray
    rep_diligence: np.ndarray
    rep: np.ndarray
    team: np.ndarray
    role: np.ndarray
    start: np.ndarray
    end: np.ndarray
    learning_since: np.ndarray

    @property
    def opens_at(self) -> np.ndarray:
        """The hour at which each team's office opens, UTC."""
        return np.array(words.OPENS_AT)[self.team_region]

    def ramp(self, assignment: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Share of full productivity: next to none in the first weeks, all after six months."""
        known = days - self.learning_since[assignment]
        return np.clip((known - 10) / 170, 0.03, 1.0)

    def choose(self, draws: Draws, team, days, role: int, until=None) -> np.ndarray:
        """An assignment for each piece of work: of that team and role, employed that day.

        ``until`` is a later day on which they must still be there. The experienced and the
        able get more. Where nobody has the role that day, a stand-in from the team does it,
        else somebody of the company.
        """
        team, days = np.asarray(team), np.asarray(days)
        until = days if until is None else until
        chosen = np.full(len(team), -1, dtype=np.int64)
        shares = draws.uniform(len(team))
        for stand_in in _STAND_INS[role]:
            of_role = np.flatnonzero(self.role == stand_in)
            open_work = np.flatnonzero(chosen < 0)
            if not len(open_work):
                break
            by_team = open_work[np.argsort(team[open_work], kind="stable")]
            bounds = np.searchsorted(team[by_team], np.arange(len(self.team_names) + 1))
            for one in np.unique(team[by_team]):
                work = by_team[bounds[one] : bounds[one + 1]]
                candidates = of_role[self.team[of_role] == one]
                self._hand_out(work, candidates, (days, until), shares, chosen)
        everyone = np.arange(len(self.rep))
        for span in ((days, until), (until, until)):
            left_over = np.flatnonzero(chosen < 0)
            # A few at a time: each is weighed against everybody.
            for begin in range(0, len(left_over), 500):
                work = left_over[begin : begin + 500]
                self._hand_out(work, everyone, span, shares, chosen)
        return chosen

    def _hand_out(self, work, candidates, span, shares, chosen) -> None:
        """Fill ``chosen`` for ``work`` from ``candidates``, where any is there that long."""
        if not len(work) or not len(candidates):
            return
        day, last = (days[work][:, None] for days in span)
        employed = (self.start[candidates] <= day) & (last <= self.end[candidates])
        load = 0.6 + 0.4 * self.rep_skill[self.rep[candidates]]
        weight = employed * self.ramp(candidates[None, :], day) * load
        reach = np.cumsum(weight, axis=1)
        place = (reach <= (shares[work] * reach[:, -1])[:, None]).sum(axis=1)
        found = reach[:, -1] > 0
        chosen[work[found]] = candidates[np.minimum(place[found], len(candidates) - 1)]

    def hand_over(self, draws: Draws, assignment, role: int, begins, ends):
        """Owners of records over time: colleagues take over when somebody leaves the team.

        Returns three arrays, one element per owner of a record, in no particular order: the
        position of the record, the moment from which it is owned, and the assignment.
        """
        record = np.arange(len(assignment))
        since = np.asarray(begins, dtype=np.int64)
        owner = np.asarray(assignment)
        found = [(record, since, owner)]
        while True:
            last_day = self.end[owner]
            moved = clock.workday_before(last_day - draws.whole(0, 3, len(owner)))
            opens_at = self.opens_at[self.team[owner]]
            moment = clock.office_moment(moved, opens_at, 0.5 + 0.5 * draws.uniform(len(owner)))
            moment = np.maximum(moment, since + clock.HOUR)
            leaves = (last_day < STILL_THERE) & (moment < ends[record])
            if not leaves.any():
                break
            record, since, owner = record[leaves], moment[leaves], owner[leaves]
            owner = self.choose(
                draws, self.team[owner], moved[leaves], role, until=self.end[owner] + 1
            )
            found.append((record, since, owner))
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def make_people(draws: Draws, scale: float) -> People:
    """Staff the seats of the company: hire, promote, move, lose and replace people."""
    seats = max(8, round(40 * scale))
    teams = max(2, round(seats / 8))
    team_names, team_region, team_countries = [], [], []
    for number in range(teams):
        region, name, countries = words.TERRITORIES[number % len(words.TERRITORIES)]
        round_number = number // len(words.TERRITORIES)
        team_names.append(f"{name} {round_number + 1}" if round_number else name)
        team_region.append(words.REGIONS.index(region))
        team_countries.append(countries)

    # (team, role, whether it was filled from the beginning)
    plan: list[tuple[int, int, bool]] = []
    for team in range(teams):
        size = seats // teams + (team < seats % teams)
        managers, developers, farmers = 1, max(1, round(size / 4)), int(size >= 6)
        roles = [MANAGER] * managers + [SDR] * developers + [ACCOUNT_MANAGER] * farmers
        roles += [EXECUTIVE] * (size - len(roles))
        seen: set[int] = set()
        for role in roles:
            plan.append((team, role, role not in seen or draws.uniform(1)[0] < 0.45))
            seen.add(role)

    hired: list[int] = []
    left: list[int] = []
    skill: list[float] = []
    rows: list[list[int]] = []  # rep, team, role, start, end, learning since
    events: list[tuple[int, int, int]] = []
    occupant: dict[int, int] = {}
    serial = 0

    def announce(day: int, seat: int) -> None:
        nonlocal serial
        serial += 1
        heapq.heappush(events, (day, serial, seat))

    def one(low: int, high: int) -> int:
        return int(draws.whole(low, high, 1)[0])

    def join(seat: int, day: int, experience: int, present: bool) -> None:
        team, role, _ = plan[seat]
        able = float(np.clip(draws.lognormal(1.0, 0.24, 1)[0], 0.5, 1.7))
        # Those who do not sell do not stay.
        stay = 90 + float(draws.exponential(_STAY[role] * (0.45 + 0.55 * able), 1)[0])
        last = (clock.FIRST_DAY if present else day) + int(stay)
        last = int(clock.workday_before(last))
        hired.append(day)
        skill.append(able)
        left.append(last if last < clock.AS_OF else STILL_THERE)
        rows.append([len(hired) - 1, team, role, day, left[-1], day - experience])
        occupant[seat] = len(rows) - 1
        if left[-1] < STILL_THERE:
            announce(last + one(15, 75), seat)

    def insider(seat: int, day: int) -> int | None:
        """The row of somebody who moves into the seat: a promotion or another team."""
        team, role, _ = plan[seat]
        wanted = {EXECUTIVE: {SDR, EXECUTIVE}, ACCOUNT_MANAGER: {EXECUTIVE}, MANAGER: {EXECUTIVE}}
        fit = []
        begin = one(0, len(plan))
        for step in range(min(len(plan), 200)):
            other = (begin + step) % len(plan)
            if other not in occupant:
                continue
            _, its_team, its_role, start, end, _ = rows[occupant[other]]
            if end < day + 120 or day - start < 270 or its_role not in wanted.get(role, ()):
                continue
            if its_role == role and its_team == team:
                continue
            fit.append(other)
            if len(fit) == 12:
                break
        return fit[one(0, len(fit))] if fit else None

    for seat, (_, _, from_start) in enumerate(plan):
        if from_start:
            day = int(clock.workday(clock.FIRST_DAY - one(20, 1_900)))
            join(seat, day, 0, present=True)
        else:
            announce(clock.FIRST_DAY + one(30, 800), seat)

    while events:
        day, _, seat = heapq.heappop(events)
        occupied = seat in occupant and rows[occupant[seat]][4] >= day
        if day > clock.AS_OF - 5 or occupied:
            continue
        from_seat = insider(seat, day) if draws.uniform(1)[0] < 0.35 else None
        if from_seat is None:
            join(seat, int(clock.workday(day)), one(0, 60), present=False)
            continue
        start = int(clock.first_of_month(clock.month_of(day) + 1))
        if start > clock.AS_OF:
            continue
        rep, _, old_role, _, end, learning_since = rows[occupant[from_seat]]
        team, role, _ = plan[seat]
        rows[occupant[from_seat]][4] = start - 1
        del occupant[from_seat]
        announce(start + one(10, 60), from_seat)
        new_since = learning_since if old_role == role else start - 90
        rows.append([rep, team, role, start, end, max(learning_since, min(new_since, start - 90))])
        occupant[seat] = len(rows) - 1
        if end < STILL_THERE:
            announce(end + one(15, 75), seat)

    reps = len(hired)
    first, last = words.FIRST_NAMES, words.LAST_NAMES
    # Both factors are coprime to the number of combinations, so no name comes twice.
    combinations = len(first) * len(last)
    step = next(s for s in range(7_919, 10_000) if np.gcd(s, combinations) == 1)
    codes = (int(draws.whole(0, combinations, 1)[0]) + np.arange(reps) * step) % combinations
    names = [(first[code % len(first)], last[code // len(first)]) for code in codes]
    emails = [f"{_ascii(a)}.{_ascii(b)}@{words.MAIL_DOMAIN}".lower() for a, b in names]
    table = np.array(rows, dtype=np.int64).T
    return People(
        team_names,
        np.array(team_region),
        team_countries,
        names,
        emails,
        np.array(hired),
        np.array(left),
        np.array(skill),
        draws.lognormal(1.0, 0.45, reps),
        *table,
    )
