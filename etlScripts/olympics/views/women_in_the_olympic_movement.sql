SELECT TRY_CAST(year AS integer) AS year,
       olympics_season,
       TRY_CAST(sports AS integer) AS sports,
       TRY_CAST(womens_events AS integer) AS womens_events,
       TRY_CAST(total_events AS integer) AS total_events,
       TRY_CAST(womens_participants AS integer) AS womens_participants
FROM (SELECT DISTINCT * FROM raw_women_in_the_olympic_movement) AS once
