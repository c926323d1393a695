-- What a raw text becomes under a declaration; NULL is what `stage` turns into a rejected row.
{%- set moment = {'kind': 'timestamp', 'type': 'timestamp', 'choices': []} %}
{%- set seconds = {'kind': 'seconds', 'type': 'double', 'choices': []} %}
{%- set count = {'kind': 'bigint', 'type': 'bigint', 'choices': []} %}
{%- set number = {'kind': 'double', 'type': 'double', 'choices': []} %}
{%- set flag = {'kind': 'boolean', 'type': 'boolean', 'choices': []} %}
{%- set id = {'kind': 'id', 'type': 'varchar', 'choices': []} %}
{%- set choice = {'kind': 'choice', 'type': 'varchar', 'choices': ['new', 'open']} %}
{%- set dmy = {'formats': ['%d-%m-%Y %H:%M']} %}
{%- set cases = [
    ('2017-01-31T10:00:00Z', moment, {}, 'Europe/Berlin', '2017-01-31 10:00:00'),
    ('2017-01-31T10:00:00+02:00', moment, {}, 'UTC', '2017-01-31 08:00:00'),
    ('2017-01-31 10:00:00.5', moment, {}, 'UTC', '2017-01-31 10:00:00.5'),
    ('2017-01-31 10:00:00', moment, {}, 'Europe/Berlin', '2017-01-31 09:00:00'),
    ('2017-07-31 10:00:00', moment, {}, 'Europe/Berlin', '2017-07-31 08:00:00'),
    ('2017-01-31', moment, {}, 'UTC', '2017-01-31 00:00:00'),
    ('31-01-2017 10:00', moment, {}, 'UTC', none),
    ('31-01-2017 10:00', moment, dmy, 'UTC', '2017-01-31 10:00:00'),
    ('01-31-2017 10:00', moment, dmy, 'UTC', none),
    ('2017-02-30', moment, {}, 'UTC', none),
    ('1516128528', moment, {'formats': ['epoch_seconds']}, 'Asia/Tokyo', '2018-01-16 18:48:48'),
    ('1516128528250', moment, {'formats': ['epoch_milliseconds']}, 'UTC', '2018-01-16 18:48:48.25'),
    ('99999999999999999999', moment, {'formats': ['epoch_seconds']}, 'UTC', none),
    ('42766.5', moment, {'formats': ['excel_serial']}, 'UTC', '2017-01-31 12:00:00'),
    ('31.01.2017', moment, {'formats': ['iso', '%d.%m.%Y']}, 'UTC', '2017-01-31 00:00:00'),
    ('0:01:30', seconds, {'unit': 'clock'}, 'UTC', '90.0'),
    ('25:00:00', seconds, {'unit': 'clock'}, 'UTC', '90000.0'),
    ('1:75', seconds, {'unit': 'clock'}, 'UTC', none),
    ('1.5', seconds, {'unit': 'minutes'}, 'UTC', '90.0'),
    ('1500', seconds, {'unit': 'milliseconds'}, 'UTC', '1.5'),
    ('-3', seconds, {}, 'UTC', none),
    ('3.0', count, {}, 'UTC', '3'),
    ('3.7', count, {}, 'UTC', none),
    ('three', count, {}, 'UTC', none),
    ('+1516128528250123457', count, {}, 'UTC', '1516128528250123457'),
    ('9223372036854775808', count, {}, 'UTC', none),
    ('3,5', number, {'decimal': ','}, 'UTC', '3.5'),
    ('3,5', number, {}, 'UTC', none),
    ('nan', number, {}, 'UTC', none),
    ('-1e400', number, {}, 'UTC', none),
    ('9' * 310, number, {}, 'UTC', none),
    ('1e307', seconds, {'unit': 'hours'}, 'UTC', none),
    ('9' * 310 ~ ':00:00', seconds, {'unit': 'clock'}, 'UTC', none),
    ('TRUE', flag, {}, 'UTC', 'true'),
    ('No', flag, {}, 'UTC', 'false'),
    ('maybe', flag, {}, 'UTC', none),
    ('42', id, {}, 'UTC', 'shop:42'),
    ('1.03006E+13', id, {}, 'UTC', none),
    ('1,03006e+13', id, {'personal': true}, 'UTC', none),
    ('open', choice, {}, 'UTC', 'open'),
    ('Open', choice, {}, 'UTC', none),
    ('2', choice, {'map': {2: 'open'}}, 'UTC', 'open'),
    ('3', choice, {'map': {2: 'open'}}, 'UTC', none),
    ('3', choice, {'map': {2: 'open'}, 'otherwise': 'new'}, 'UTC', 'new'),
    ('2', choice, {'map': {2: none}}, 'UTC', none),
] %}

with cases as (
    {%- for raw, column, spec, zone, expected in cases %}
    select
        {{ quote_text(raw) }} as raw_text,
        cast({{ typed(quote_text(raw), column, spec, zone, 'shop') }} as {{ dbt.type_string() }})
            as found,
        {{ 'null' if expected is none else text_of(
            'cast(' ~ quote_text(expected) ~ ' as ' ~ column.type ~ ')'
        ) }} as expected
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from cases
where found is distinct from expected
