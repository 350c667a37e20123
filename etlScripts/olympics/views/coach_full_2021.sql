SELECT name AS coach_name,
       gender,
       TRY_CAST(birth_date AS date) AS birth_date,
       country,
       country_code,
       discipline AS sport,
       event
FROM (SELECT DISTINCT * FROM raw_coach_full_2021) AS once
