SELECT TRY_CAST(year AS integer) AS year,
       sport
FROM (SELECT DISTINCT * FROM raw_introduction_of_women_olympics_sports) AS once
