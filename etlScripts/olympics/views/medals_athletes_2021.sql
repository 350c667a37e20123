SELECT split_part(medal_type, ' ', 1) AS medal,
       TRY_CAST(medal_code AS integer) AS medal_code,
       CAST(TRY_CAST(medal_date AS timestamp) AS date) AS medal_date,
       athlete_short_name,
       athlete_name,
       athlete_sex AS gender,
       athlete_link,
       event,
       country,
       country_code,
       discipline AS sport,
       discipline_code
FROM (SELECT DISTINCT * FROM raw_medals_athletes_2021 WHERE athlete_name <> '' AND medal_type <> '') AS complete
