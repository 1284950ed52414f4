-- The pyramid of a large layer: how many features lie in each cell of each zoom, so that a tile of a million is a look-up.
-- Derived from the layer's table alone, at a (version, token) of it. Replaced as a whole at every migration; its tables are
-- made with the space (an underscore begins their names: no layer's name does).

CREATE OR REPLACE FUNCTION onemap_control.pyramid_tables(space name) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp SET client_min_messages = warning AS $$
BEGIN
    -- `detail`: the zoom from which the densest tile holds no more than can be drawn, so cells are kept below it.
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I._pyramid_state (layer text PRIMARY KEY, version bigint NOT NULL, token uuid NOT NULL, '
        'detail smallint NOT NULL, shade text, coarse boolean NOT NULL, n bigint NOT NULL, changed bigint NOT NULL)', space);
    -- x, y: the tile; c: the cell in it, 16 a side from the north-west; sums in 1e-7 degree, exact to take away from.
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I._pyramid_cell (layer text, z smallint, x integer, y integer, c smallint, shade text, '
        'n integer NOT NULL, lon_sum bigint NOT NULL, lat_sum bigint NOT NULL, PRIMARY KEY (layer, z, x, y, c, shade)) WITH (fillfactor = 80)', space);
    -- Shapes that some zoom below `detail` draws as themselves: those of 4 px or more, from zoom `z` on.
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I._pyramid_shape (layer text, id uuid, z smallint NOT NULL, size double precision NOT NULL, '
        'box geometry(Polygon, 4490) NOT NULL, PRIMARY KEY (layer, id))', space);
    EXECUTE format('CREATE INDEX IF NOT EXISTS _pyramid_shape_box ON %I._pyramid_shape USING gist (box)', space);
    -- What a reader sees who may not know exact positions: how many stand at each place of his grid of 0.01 degree.
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I._pyramid_coarse (layer text, x integer, y integer, shade text, n integer NOT NULL, '
        'PRIMARY KEY (layer, x, y, shade)) WITH (fillfactor = 80)', space);
END $$;

-- Where a place lies in the grid of 2^20 by 2^20 over Web Mercator's square: the cells of zoom 16.
CREATE OR REPLACE FUNCTION onemap_control.grid_x(lon double precision) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest(0, least(1048575, floor((lon + 180) / 360 * 1048576)))::integer
$$;

CREATE OR REPLACE FUNCTION onemap_control.grid_y(lat double precision) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest(0, least(1048575, floor((0.5 - ln(tan(pi() / 4 + radians(greatest(-85.0511, least(85.0511, lat))) / 2)) / (2 * pi())) * 1048576)))::integer
$$;

-- The lowest zoom at which a shape is 4 px wide or high (a px of zoom 0 is 360 / 256 degree); 99 for a point.
CREATE OR REPLACE FUNCTION onemap_control.shape_zoom(size double precision) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN size > 0 THEN greatest(0, least(99, ceil(ln(4 * 1.40625 / size) / ln(2::double precision))))::smallint ELSE 99::smallint END
$$;

-- A query for the places of the features that `source` gives as (id, sign, shade, geom); `kept` says which shapes it passes on.
CREATE OR REPLACE FUNCTION onemap_control.pyramid_places(source text, kept text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT format('SELECT id, sign, shade, CASE WHEN %s THEN geom END AS geom, onemap_control.grid_x(lon) AS gx, onemap_control.grid_y(lat) AS gy, size, '
        'onemap_control.shape_zoom(size) AS own, round(lon * 1e7)::bigint AS lon_i, round(lat * 1e7)::bigint AS lat_i FROM ('
        'SELECT id, sign, shade, geom, (ST_XMin(geom) + ST_XMax(geom)) / 2 AS lon, (ST_YMin(geom) + ST_YMax(geom)) / 2 AS lat, '
        'greatest(ST_XMax(geom) - ST_XMin(geom), ST_YMax(geom) - ST_YMin(geom)) AS size FROM (%s) given OFFSET 0) sized', kept, source)
$$;

-- Bring a layer's pyramid to where the layer is, and say where that is; no row while the layer has fewer than `large` features.
-- Changes are read from the history after the pyramid's own (version, token); where that is not in the log, or more changed
-- than is worth it, all is made anew. One session at a time does it, others wait on the state's row.
CREATE OR REPLACE FUNCTION onemap_control.keep_pyramid(space name, kept name, shade_field text, is_coarse boolean, large integer, densest integer)
RETURNS TABLE (version bigint, token uuid, detail smallint, n bigint) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET client_min_messages = warning SET jit = off AS $$
#variable_conflict use_column
DECLARE
    at record;
    target record;
    changes bigint;
    known boolean;
    enough boolean;
BEGIN
    IF NOT has_table_privilege(session_user, format('%I.%I', space, kept), 'INSERT') THEN
        RAISE insufficient_privilege USING MESSAGE = 'this role does not write to the space';
    END IF;
    EXECUTE format('SELECT version, token, detail, shade, coarse, n, changed FROM %I._pyramid_state WHERE layer = $1', space) INTO at USING kept::text;
    EXECUTE format('SELECT version, token FROM %I.layer_state WHERE layer = $1', space) INTO target USING kept::text;
    IF at.version IS DISTINCT FROM target.version OR at.token IS DISTINCT FROM target.token
       OR at.shade IS DISTINCT FROM shade_field OR at.coarse IS DISTINCT FROM is_coarse THEN
        IF at.version IS NULL THEN
            EXECUTE format('SELECT count(*) = $1 FROM (SELECT FROM %I.%I LIMIT $1) few', space, kept) INTO enough USING large;
            IF NOT enough THEN RETURN; END IF;
            EXECUTE format('INSERT INTO %I._pyramid_state VALUES ($1, -1, gen_random_uuid(), 0, $2, $3, 0, 0) ON CONFLICT DO NOTHING', space)
                USING kept::text, shade_field, is_coarse;
        END IF;
        EXECUTE format('SELECT version, token, detail, shade, coarse, n, changed FROM %I._pyramid_state WHERE layer = $1 FOR UPDATE', space) INTO at USING kept::text;
        EXECUTE format('SELECT version, token FROM %I.layer_state WHERE layer = $1', space) INTO target USING kept::text;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.commit_log WHERE layer = $1 AND version = $2 AND token = $3)', space)
            INTO known USING kept::text, at.version, at.token;
        known := known AND at.shade IS NOT DISTINCT FROM shade_field AND at.coarse = is_coarse;
        IF known THEN
            changes := onemap_control.count_changes(space, kept, at.version, target.version);
            known := at.changed + changes <= at.n / 4;
        END IF;
        IF known THEN
            PERFORM onemap_control.shift_pyramid(space, kept, shade_field, is_coarse, at.detail, at.version, target.version);
            EXECUTE format('UPDATE %I._pyramid_state SET version = $2, token = $3, changed = changed + $4 WHERE layer = $1', space)
                USING kept::text, target.version, target.token, changes;
        ELSE
            PERFORM onemap_control.build_pyramid(space, kept, shade_field, is_coarse, densest);
        END IF;
    END IF;
    RETURN QUERY EXECUTE format('SELECT version, token, detail, n FROM %I._pyramid_state WHERE layer = $1 AND version >= 0', space) USING kept::text;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.build_pyramid(space name, kept name, shade_field text, is_coarse boolean, densest integer)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET client_min_messages = warning SET work_mem = '128MB' AS $$
#variable_conflict use_column
DECLARE
    detail smallint := 17;
    most bigint;
    z smallint;
BEGIN
    DROP TABLE IF EXISTS pg_temp._placed;
    -- The version is read in the statement that reads the rows, so it is of the same snapshot.
    EXECUTE format('CREATE TEMP TABLE _placed ON COMMIT DROP AS SELECT p.*, (SELECT version FROM %I.layer_state WHERE layer = %L) AS at_version FROM (%s) p',
        space, kept, onemap_control.pyramid_places(format('SELECT id, 1 AS sign, %s AS shade, geom FROM %I.%I',
            CASE WHEN shade_field IS NULL THEN '''''' ELSE format('coalesce(%I::text, '''')', shade_field) END, space, kept),
            CASE WHEN is_coarse THEN 'true' ELSE 'size > 0' END));
    ANALYZE pg_temp._placed;
    CREATE TEMP TABLE _tiles ON COMMIT DROP AS SELECT gx >> 4 AS x, gy >> 4 AS y, count(*) AS n FROM pg_temp._placed GROUP BY 1, 2;
    FOR z IN REVERSE 16..0 LOOP
        -- Features in crowded tiles; a fiftieth may be, or one pile would give every zoom its cells.
        SELECT coalesce(sum(n), 0) INTO most FROM (SELECT sum(n) AS n FROM pg_temp._tiles GROUP BY x >> (16 - z), y >> (16 - z)) tile WHERE n > densest;
        EXIT WHEN most * 50 > (SELECT sum(n) FROM pg_temp._tiles);
        detail := z;
    END LOOP;
    EXECUTE format('DELETE FROM %I._pyramid_cell WHERE layer = $1', space) USING kept::text;
    EXECUTE format('DELETE FROM %I._pyramid_shape WHERE layer = $1', space) USING kept::text;
    EXECUTE format('DELETE FROM %I._pyramid_coarse WHERE layer = $1', space) USING kept::text;
    -- Each zoom is gathered from the next finer one and from what is too small to be a shape just here.
    FOR z IN REVERSE (detail - 1)..0 LOOP
        EXECUTE format('INSERT INTO %1$I._pyramid_cell SELECT $1, $2, gx >> 4, gy >> 4, ((gx & 15) + 16 * (gy & 15))::smallint, shade, sum(n), sum(lon), sum(lat) FROM ('
            'SELECT (x * 16 + (c & 15)) >> 1 AS gx, (y * 16 + (c >> 4)) >> 1 AS gy, shade, n, lon_sum AS lon, lat_sum AS lat FROM %1$I._pyramid_cell WHERE layer = $1 AND z = $2 + 1 '
            'UNION ALL SELECT gx >> (16 - $2), gy >> (16 - $2), shade, 1, lon_i, lat_i FROM pg_temp._placed WHERE %2$s) fine GROUP BY gx, gy, shade ORDER BY 3, 4, 5',
            space, CASE WHEN z = detail - 1 THEN 'own > $2' ELSE 'own = $2 + 1' END) USING kept::text, z;
    END LOOP;
    EXECUTE format('INSERT INTO %I._pyramid_shape SELECT $1, id, own, size, ST_Envelope(ST_Expand(geom, 1e-9)) FROM pg_temp._placed WHERE own < $2', space) USING kept::text, detail;
    IF is_coarse THEN
        EXECUTE format('INSERT INTO %I._pyramid_coarse SELECT $1, round(ST_X(place) * 100)::integer, round(ST_Y(place) * 100)::integer, shade, count(*) '
            'FROM (SELECT shade, ST_SnapToGrid(ST_Centroid(geom), 0.01) AS place FROM pg_temp._placed) known GROUP BY 2, 3, 4', space) USING kept::text;
    END IF;
    EXECUTE format('UPDATE %1$I._pyramid_state s SET version = c.version, token = c.token, detail = $2, shade = $3, coarse = $4, n = counted.n, changed = 0 '
        'FROM (SELECT count(*) AS n, max(at_version) AS version FROM pg_temp._placed) counted, %1$I.commit_log c '
        'WHERE s.layer = $1 AND c.layer = $1 AND c.version = coalesce(counted.version, (SELECT version FROM %1$I.layer_state WHERE layer = $1))', space)
        USING kept::text, detail, shade_field, is_coarse;
    DROP TABLE pg_temp._placed;
    DROP TABLE pg_temp._tiles;
    EXECUTE format('ANALYZE %I._pyramid_cell', space);
END $$;

-- After a load one token stands for most of the history, and the planner would read all of it for the one row of a later commit:
-- here and below it is made to go by the index, commit by commit.
CREATE OR REPLACE FUNCTION onemap_control.count_changes(space name, kept name, since bigint, until bigint) RETURNS bigint LANGUAGE plpgsql
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    changes bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %1$I.commit_log c, LATERAL (SELECT FROM %1$I.history h WHERE h.token = c.token AND h.layer = c.layer OFFSET 0) h '
        'WHERE c.layer = $1 AND c.version > $2 AND c.version <= $3', space) INTO changes USING kept::text, since, until;
    RETURN changes;
END $$;

-- One statement, so that all of it sees the same history. A cell that comes to 0 stays until all is made anew; readers pass over it.
CREATE OR REPLACE FUNCTION onemap_control.shift_pyramid(space name, kept name, shade_field text, is_coarse boolean, detail smallint, since bigint, until bigint)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    EXECUTE format(
        'WITH moved AS MATERIALIZED (%2$s), cells AS ('
        'INSERT INTO %1$I._pyramid_cell AS k SELECT $1, z, (gx >> (16 - z)) >> 4, (gy >> (16 - z)) >> 4, '
        '(((gx >> (16 - z)) & 15) + 16 * ((gy >> (16 - z)) & 15))::smallint, shade, sum(sign), sum(sign * lon_i), sum(sign * lat_i) '
        'FROM moved, generate_series(0, $2 - 1) z WHERE z < own GROUP BY 2, 3, 4, 5, 6 HAVING sum(sign) <> 0 OR sum(sign * lon_i) <> 0 OR sum(sign * lat_i) <> 0 '
        'ON CONFLICT (layer, z, x, y, c, shade) DO UPDATE SET n = k.n + excluded.n, lon_sum = k.lon_sum + excluded.lon_sum, lat_sum = k.lat_sum + excluded.lat_sum'
        '), net AS MATERIALIZED ('  -- of a feature that changed more than once: the state that was taken away, and the one that came
        'SELECT id, own, size, sum(sign) AS sign, ST_Envelope(ST_Expand(geom, 1e-9)) AS box FROM moved WHERE own < $2 GROUP BY id, own, size, geom HAVING sum(sign) <> 0'
        '), gone AS (DELETE FROM %1$I._pyramid_shape s WHERE s.layer = $1 AND s.id = ANY (ARRAY(SELECT id FROM net WHERE sign < 0)) '
        'AND s.id <> ALL (ARRAY(SELECT id FROM net WHERE sign > 0))'
        '), shapes AS (INSERT INTO %1$I._pyramid_shape SELECT $1, id, own, size, box FROM net WHERE sign > 0 '
        'ON CONFLICT (layer, id) DO UPDATE SET z = excluded.z, size = excluded.size, box = excluded.box'
        '), coarse AS (INSERT INTO %1$I._pyramid_coarse AS k SELECT $1, round(ST_X(place) * 100)::integer, round(ST_Y(place) * 100)::integer, shade, sum(sign) '
        'FROM (SELECT sign, shade, ST_SnapToGrid(ST_Centroid(geom), 0.01) AS place FROM moved WHERE $3) known GROUP BY 2, 3, 4 HAVING sum(sign) <> 0 '
        'ON CONFLICT (layer, x, y, shade) DO UPDATE SET n = k.n + excluded.n'
        ') UPDATE %1$I._pyramid_state SET n = n + (SELECT coalesce(sum(sign), 0) FROM moved) WHERE layer = $1',
        space, onemap_control.pyramid_places(format(
            'SELECT h.feature_id AS id, side.sign, coalesce(side.properties->>%L, '''') AS shade, side.geom '
            'FROM %I.commit_log c, LATERAL (SELECT * FROM %I.history h WHERE h.token = c.token AND h.layer = c.layer OFFSET 0) h, '
            'LATERAL (VALUES (-1, h.before, h.geom_before), (1, h.after, h.geom_after)) side(sign, properties, geom) '
            'WHERE c.layer = %L AND c.version > %s AND c.version <= %s AND side.geom IS NOT NULL', shade_field, space, space, kept, since, until), 'true'))
        USING kept::text, detail, is_coarse;
END $$;
