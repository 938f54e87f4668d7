"""Compiles mappings to SQL: the contract's columns from those of a foreign file.

Raw holds a mapped file as it is; everything here is computed from it anew at every landing, so
that a changed mapping lands nothing again.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from orchestration import casts
from orchestration.contract import Column, Table, is_end_date
from orchestration.mappings import (
    DIVISORS,
    EMPTY,
    FILLED,
    NUMBER_FORMATS,
    Choice,
    Condition,
    Mapping,
)
from orchestration.reading import Rules
from orchestration.sql import identifier, literal

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_TIME_DIRECTIVES = re.compile(r"%-?[HIMSfpTXRc]")
_MONEY = r"[-(]?\s*[^0-9(.,-]{0,5}\s*-?[0-9.,][0-9.,\s]*\s*[KMBkmb]?\s*[^0-9]{0,5}\)?"
# Brackets, or a minus before the number or at the end; not the hyphen of a currency's name.
_NEGATIVE = r"^\s*\(|(^|[^A-Za-z])-\s*[^0-9A-Za-z]?\s*[0-9.,]|[0-9]\s*-\s*$"
# The number's last digit, its unit, and what follows it.
_MULTIPLIER = r"([0-9.,])\s*([KMBkmb])([^A-Za-z]|$)"
# Beside the codes of three capital letters.
_CURRENCIES = (
    r"(?i:kr|rs|fr|sfr|zł|zl|kč|kc|ft|lei|lv|kn|rm|r|s|c|a|us|ca|au|nz|hk|nt|tl|rp|dh|din|"
    r"euros?|dollars?|pounds?|francs?|rupees?|yen|yuan)"
)
_SEPARATOR = "\x1f"
_GAPS, _MINUS_SIGNS = "\u00a0\u202f\u2009'\u2019", "\u2212\u2013"


@dataclass(frozen=True)
class MappedPart:
    """A mapping over what has landed of its file.

    `columns` are the file's (lower case: as raw has it), `table` is the object, `raw` the
    quoted raw table.
    """

    source: str
    table: Table
    mapping: Mapping
    raw: str
    columns: dict[str, str]
    # The file's stem, the mapping's place among those of the object, whether it is the only one,
    # and by file that still counts (delivery and name) its header.
    file: str = ""
    position: int = 0
    is_only: bool = True
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def problems(self) -> Iterator[str]:
        """What the file lacks, each with the line of the configuration and the file's header."""
        header = ", ".join(self.columns.values())
        file = self.mapping.file or f"the file of {self.table.object}"
        for name, place in dict(self.mapping.their_columns).items():
            for delivered, names in self.headers:
                if name.lower() not in {column.lower() for column in names}:
                    yield f"{place}: {delivered} has no column {name!r}; it has {', '.join(names)}"
        for column in self.table.required:
            if self._is_missing(column):
                yield (
                    f"{self.mapping.place}: {self.table.object} needs {column.name}, but {file} "
                    f"has no such column and none is mapped to it; it has {header}"
                )

    def _is_missing(self, column: Column) -> bool:
        name = column.name.lower()
        return not (
            name in dict(self.mapping.constants)
            or name in dict(self.mapping.columns)
            or name in self.columns
        )

    @property
    def has_own_key(self) -> bool:
        """Whether the delivery tells records apart, and not their content."""
        made = {name for name, choices in self.mapping.columns if not choices}
        return bool(self.table.key) and not made & {name.lower() for name in self.table.key}

    @property
    def leaves_records(self) -> bool:
        """Whether a row that `where` leaves out may be the newer version of a record taken before.

        Known only of changes, and where the delivery tells records apart and one mapping makes
        all of them.
        """
        return (
            self.is_only
            and bool(self.mapping.where)
            and self.has_own_key
            and not self.table.grows_only
            and any(file.startswith(f"{self.source}/changes/") for file, _ in self.headers)
        )

    def select(self, *more: str, condition: str | None = None) -> str:
        """The rows that the mapping takes: ours, `more`, `_kind`, `_delivery`, `_file`, `_row`."""
        columns = [
            f"{self.expression(column)} as {identifier(column.name)}"
            for column in self.table.columns
        ]
        return (
            f"select _kind, _delivery, _file, _row, {', '.join([*columns, *more])}\n"
            f"from {self.raw} where {condition or self.condition()}"
        )

    def left(self) -> str:
        """Whether a raw row of changes is one that `where` leaves out."""
        return f"_kind = 'changes' and not ({self.condition()})"

    def is_kept(self, earliest: dt.date) -> str:
        """Whether a row of `select` has every required cell."""
        bad = [bad for column, bad, _ in self.bad_cells(earliest) if column.required]
        return " and ".join(f"not {condition}" for condition in bad) or "true"

    def condition(self) -> str:
        """Whether a raw row is one that the mapping takes: no blank one, and as `where` says."""
        cells = ", ".join(casts.trimmed(identifier(name)) for name in self.columns.values())
        tests = [self._test(test) for test in self.mapping.where]
        return " and ".join([f"coalesce({cells}) is not null", *tests])

    def expression(self, column: Column) -> str:
        """Our column from theirs, as the text that the contract expects."""
        name = column.name.lower()
        constants = dict(self.mapping.constants)
        if name in constants:
            return literal(constants[name]) + "::varchar"
        chosen = dict(self.mapping.columns)
        if name in chosen:
            if not chosen[name]:
                is_key = name in {key.lower() for key in self.table.key}
                return self._made_of_content() if is_key else "null::varchar"
            texts = [self._choice(choice) for choice in chosen[name]]
            text = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
        elif name in self.columns:
            text = self.theirs(name)
        else:
            return "null::varchar"
        translations = dict(self.mapping.values).get(name)
        if translations:
            text = _translated(text, translations)
        formats = dict(self.mapping.formats).get(name)
        if formats:
            text = _formatted(text, formats, column.data_type)
        if self.mapping.timezone and column.data_type.startswith("instant"):
            text = _in_utc(text, self.mapping.timezone)
        if self.mapping.end_date_is_exclusive and is_end_date(column):
            text = _day_before(text)
        return text

    def bad_cells(self, earliest: dt.date) -> list[tuple[Column, str, str]]:
        """Columns whose cells may not do: the condition that one is bad, and the reason."""
        checks = []
        for column in self.table.columns:
            text = identifier(column.name)
            castable = casts.is_castable(text, column.data_type, earliest)
            expected = casts.EXPECTED.get(column.data_type)
            formats = dict(self.mapping.formats).get(column.name.lower())
            if formats:
                expected = f"{' or '.join(formats)}, the formats given, nor {expected}"
            if column.required:
                bad = f"{text} is null" + (f" or not {castable}" if castable else "")
                reason = (
                    f"case when {text} is null "
                    f"then {literal(f'{column.name} is required but empty')} "
                    f"else {literal(f'{column.name} is required but not {expected}')} end"
                )
            elif castable:
                bad = f"{text} is not null and not {castable}"
                reason = literal(f"not {expected}")
            else:
                continue
            checks.append((column, f"({bad})", reason))
        return checks

    def theirs(self, name: str) -> str:
        """One of their columns: trimmed, null where it is empty or one of `nulls`."""
        text = casts.trimmed(identifier(self.columns[name.lower()]))
        if self.mapping.nulls:
            listed = ", ".join(literal(null.strip()) for null in self.mapping.nulls)
            text = f"(case when ({text}) not in ({listed}) then {text} end)"
        return f"({text})"

    def _choice(self, choice: Choice) -> str:
        text = self._template(choice.text) if choice.is_template else self.theirs(choice.text)
        if choice.when:
            tests = " and ".join(self._test(test) for test in choice.when)
            text = f"case when {tests} then {text} end"
        return text

    def _template(self, template: str) -> str:
        pieces, at = [], 0
        names = []
        for match in _PLACEHOLDER.finditer(template):
            if match.start() > at:
                pieces.append(literal(template[at : match.start()]))
            names.append(self.theirs(match[1].strip()))
            pieces.append(f"coalesce({names[-1]}, '')")
            at = match.end()
        if at < len(template):
            pieces.append(literal(template[at:]))
        # Without any of the columns there is nothing to put together.
        return (
            f"case when coalesce({', '.join(names)}) is not null "
            f"then nullif(trim({' || '.join(pieces)}), '') end"
        )

    def _test(self, condition: Condition) -> str:
        text = self.theirs(condition.column)
        if condition.test in (FILLED, EMPTY):
            return f"{text} is {'not ' if condition.test == FILLED else ''}null"
        values = ", ".join(literal(value.lower()) for value in condition.values)
        is_empty = f" or {text} is null" if "" in condition.values else ""
        return f"(coalesce(lower({text}) in ({values}), false){is_empty})"

    def _made_of_content(self) -> str:
        cells = ", ".join(
            f"coalesce({identifier(self.columns[name])}, '')" for name in sorted(self.columns)
        )
        origin = literal(f"{self.file} {self.position}")
        content = f"md5(concat_ws({literal(_SEPARATOR)}, {origin}, {cells}))"
        return (
            f"{content} || '-' || row_number() over "
            f"(partition by _kind, _delivery, {content} order by _file, _row)"
        )


def note_mapped(con: duckdb.DuckDBPyConnection, part: MappedPart, rules: Rules) -> Iterator[str]:
    """Counts what a mapping makes of its files and lists what it rejects or cannot cast.

    Yields what must be mended: files of which more than the allowed share would be rejected.
    """

    def shown(column: Column) -> str:
        return casts.shown(identifier(column.name), column, part.table)

    checks = part.bad_cells(rules.earliest_date)
    required = [check for check in checks if check[0].required]
    any_bad = " or ".join(bad for _, bad, _ in required) or "false"
    rows = f"({part.select()})"
    # What was found, with the lines of files of which each record is a line.
    listed = (
        f"{rows} left join (select kind as _kind, delivery as _delivery, file as _file, "
        f"first_line as _first_line from raw.files where source = {literal(part.source)}) "
        "using (_kind, _delivery, _file)"
    )
    con.execute(
        f"""
        insert into raw.mapped_files
        with taken as (
            select _kind, _delivery, _file, count(*) as rows, count_if({any_bad}) as rejected
            from {rows} group by all
        ),

        there as (select _kind, _delivery, _file, count(*) as rows from {part.raw} group by all)

        -- Rows that raw no longer keeps had landed.
        select
            {literal(part.source)}, kind, delivery, file, {literal(part.table.object)},
            {literal(part.table.entity)},
            coalesce(there.rows, 0) + rows_superseded,
            coalesce(there.rows, 0) - coalesce(taken.rows, 0),
            coalesce(taken.rows - taken.rejected, 0) + rows_superseded,
            coalesce(taken.rejected, 0)
        from raw.files
        left join there on kind = there._kind and delivery = there._delivery and file = there._file
        left join taken on kind = taken._kind and delivery = taken._delivery and file = taken._file
        where source = {literal(part.source)} and lower(object) = {literal(part.file)}
        """
    )
    counts = con.execute(
        f"select {', '.join(f'count_if({bad})' for _, bad, _ in checks) or '0'} from {rows}"
    ).fetchone()
    found = [check for check, count in zip(checks, counts, strict=False) if count]
    rejecting = [check for check in found if check[0].required]
    origin = (
        f"{literal(part.source)}, _kind, _delivery, _file, {literal(part.table.object)}, _row, "
        "_first_line + _row - 1"
    )
    if rejecting:
        names = " ".join(f"when {bad} then {literal(column.name)}" for column, bad, _ in rejecting)
        values = " ".join(f"when {bad} then {shown(column)}" for column, bad, _ in rejecting)
        reasons = ", ".join(f"case when {bad} then {reason} end" for _, bad, reason in rejecting)
        con.execute(
            f"""
            insert into raw.mapped_rejected_rows
            select {origin}, case {names} end, case {values} end, concat_ws('; ', {reasons})
            from {listed} where {any_bad}
            """
        )
    for column, bad, reason in found:
        if not column.required:
            con.execute(
                f"""
                insert into raw.mapped_cast_failures
                select {origin}, {literal(column.name)}, {shown(column)}, {reason}
                from {listed} where {bad}
                """
            )
    yield from _above_share(con, part, rules)


def _above_share(con: duckdb.DuckDBPyConnection, part: MappedPart, rules: Rules) -> Iterator[str]:
    refused = con.execute(
        """
        select kind, delivery, file, rows_landed, rows_rejected from raw.mapped_files
        where source = ? and object = ?
            and rows_rejected > ? * (rows_landed + rows_rejected)
            and not (rows_rejected = 1 and rows_landed > 0)
        order by all
        """,
        [part.source, part.table.object, rules.max_reject_share],
    ).fetchall()
    for kind, delivery, file, landed, rejected in refused:
        reasons = con.execute(
            """
            select reason || ' (' || count(*) || ', first row ' || min(row_number) || ')'
            from raw.mapped_rejected_rows
            where source = ? and kind = ? and delivery = ? and file = ? and object = ?
            group by reason order by count(*) desc, reason limit 3
            """,
            [part.source, kind, delivery, file, part.table.object],
        ).fetchall()
        yield (
            f"{part.source}/{kind}/{delivery}/{file}: as {part.table.object}, {rejected} of "
            f"{landed + rejected} rows would be rejected, more than the share of "
            f"{rules.max_reject_share:g} that max_reject_share allows: "
            f"{'; '.join(reason for (reason,) in reasons)}. Mend the extract, or its mapping in "
            f"{part.mapping.place or 'the configuration'}"
        )


def _translated(text: str, translations: tuple[tuple[str, str | None], ...]) -> str:
    exact, within, otherwise = [], [], text
    for theirs, ours in translations:
        if theirs == "*":
            otherwise = literal(ours)
        elif theirs.startswith("~") and theirs != "~":
            within.append(
                f"when contains(lower({text}), {literal(theirs[1:].lower())}) then {literal(ours)}"
            )
        elif theirs.strip() in ("", "~"):
            exact.append(f"when {text} is null then {literal(ours)}")
        else:
            exact.append(f"when {text} = {literal(theirs.strip())} then {literal(ours)}")
    cases = " ".join([*exact, *within])
    if not cases:
        return f"case when {text} is not null then {otherwise} end"
    return f"(case {cases} when {text} is not null then {otherwise} end)"


def _formatted(text: str, formats: tuple[str, ...], data_type: str) -> str:
    """The text as the contract expects it; as it is where no format fits, so that it is listed."""
    numbers = [name for name in formats if name in NUMBER_FORMATS]
    if numbers:
        # What fits no format must not pass as a plain number of the other notation.
        plain = f"try_cast({text} as decimal(28, 8)) is not null"
        return (
            f"coalesce({_number(text, numbers)}, case when {plain} then {text} || ' ?' "
            f"else {text} end)"
        )
    found = []
    for date_format in formats:
        has_time = data_type.startswith("instant") and _TIME_DIRECTIVES.search(date_format)
        has_zone = "%z" in date_format.lower()
        pattern = "%Y-%m-%d"
        if has_time:
            pattern += "T%H:%M:%S.%fZ" if has_zone else "T%H:%M:%S.%f"
        moment = f"try_strptime({text}, {literal(date_format)})"
        if has_zone and not has_time:
            # An instant lies in a day of the business.
            moment = f"timezone((select business_timezone from raw.settings), {moment})"
        # Two digits of a year are none of four.
        found.append(f"case when year({moment}) > 999 then {_written(moment, pattern)} end")
    return f"coalesce({', '.join(found)}, {text})"


def _number(text: str, formats: list[str]) -> str:
    # Thousands are parted by spaces that do not break, or by the Swiss apostrophe; a minus may be
    # a longer dash.
    ours = " " * len(_GAPS) + "-" * len(_MINUS_SIGNS)
    text = f"translate({text}, {literal(_GAPS + _MINUS_SIGNS)}, {literal(ours)})"
    sign = scale = "1"
    digits = text
    if "money" in formats:
        sign = f"case when regexp_matches({text}, {literal(_NEGATIVE)}) then -1 else 1 end"
        unit = rf"upper(regexp_extract({text}, '{_MULTIPLIER}', 2))"
        scale = f"case {unit} when 'K' then 1000 when 'M' then 1000000 when 'B' then 1000000000 "
        scale += "else 1 end"
        digits = f"regexp_replace({text}, '[^0-9.,]', '', 'g')"
    if "percent" in formats:
        digits = f"rtrim({digits}, '% ')"
    digits = f"replace({digits}, ' ', '')"
    if "decimal_comma" in formats:
        digits = f"replace(replace(replace({digits}, '.', ''), ' ', ''), ',', '.')"
    elif "money" in formats:
        digits = f"replace({digits}, ',', '')"
    # Separators stand where thousands end; anything else is the other notation.
    group, point = (r"[. ]", ",") if "decimal_comma" in formats else (r"[, ]", r"\.")
    written = rf"([1-9][0-9]{{0,2}}({group}[0-9]{{3}})+|[0-9]*)({point}[0-9]+)?"
    core = f"trim(regexp_replace({text}, '[^0-9., ]', '', 'g'))"
    number = (
        f"case when regexp_full_match({core}, {literal(written)}) "
        f"then try_cast({digits} as decimal(28, 8)) end"
    )
    divisor = math.prod(DIVISORS[name] for name in formats if name in DIVISORS)
    if divisor != 1:
        number = f"({number} / {divisor})::decimal(28, 8)"
    if "money" in formats:
        number = (
            f"case when regexp_full_match({text}, {literal(_MONEY)}) and {_names_a_currency(text)} "
            f"then ({number} * ({sign}) * ({scale}))::decimal(28, 8) end"
        )
    return f"({number})::varchar"


def _names_a_currency(text: str) -> str:
    """Whether the letters beside an amount, but for K, M or B, are a currency's name.

    `10 kEUR`, `5 Mio` or `2 bn` are none that is known, and must not pass as 10, 5 or 2.
    """
    rest = rf"regexp_replace({text}, '{_MULTIPLIER}', '\\1\\3')"
    letters = rf"trim(regexp_replace({rest}, '[^\p{{L}}]+', ' ', 'g'))"
    name = rf"({_CURRENCIES}|[A-Z]{{3}})"
    is_name = f"regexp_full_match({letters}, {literal(rf'({name}( {name})?)?')})"
    return f"({is_name} and not regexp_matches(upper({letters}), '^(MIO|MIL|MLN|MRD|BLN|TSD)$'))"


def _in_utc(text: str, zone: str) -> str:
    """A time without a zone is one of `zone`; a day without a time stays."""
    is_local = rf"regexp_full_match({text}, '\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*')"
    moment = f"timezone('UTC', timezone({literal(zone)}, try_cast({text} as timestamp)))"
    return (
        f"case when {is_local} "
        f"then coalesce({_written(moment, '%Y-%m-%dT%H:%M:%S.%fZ')}, {text}) else {text} end"
    )


def _written(moment: str, pattern: str) -> str:
    """A moment as text, with a fraction of a second only where it has one."""
    return f"replace(strftime({moment}, '{pattern}'), '.000000', '')"


def _day_before(text: str) -> str:
    return (
        f"case when try_cast(left({text}, 10) as date) is not null "
        f"then (try_cast(left({text}, 10) as date) - 1)::varchar else {text} end"
    )
