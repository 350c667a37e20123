SELECT name AS athlete_name,
       gender,
       TRY_CAST(birth_date AS date) AS birth_date,
       birth_place,
       birth_country,
       country,
       country_code,
       discipline AS sport,
       discipline_code,
       nullif(residence_place, '') AS residence_place,
       nullif(residence_country, '') AS residence_country
FROM (SELECT DISTINCT * FROM raw_athletes_full_2021) AS once
