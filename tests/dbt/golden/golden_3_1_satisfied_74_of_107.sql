-- 74 of 107 satisfied -> 69.16 %.
select {{ share_pct('74', '107') }} as csat_pct
where round({{ share_pct('74', '107') }}, 2) <> 69.16 or {{ share_pct('0', '0') }} is not null
