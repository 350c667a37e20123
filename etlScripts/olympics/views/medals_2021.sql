SELECT TRY_CAST(rank AS integer) AS rank,
       team_noc AS country,
       country_code,
       TRY_CAST(gold_medal AS integer) AS gold,
       TRY_CAST(silver_medal AS integer) AS silver,
       TRY_CAST(bronze_medal AS integer) AS bronze,
       TRY_CAST(total AS integer) AS total,
       TRY_CAST(rank_by_total AS integer) AS rank_by_total
FROM (SELECT DISTINCT * FROM raw_medals_2021) AS once
