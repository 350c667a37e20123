SELECT name AS official_name,
       gender,
       TRY_CAST(birth_date AS date) AS birth_date,
       country,
       country_code,
       discipline AS sport
FROM (SELECT DISTINCT * FROM raw_tech_official_2021) AS once
