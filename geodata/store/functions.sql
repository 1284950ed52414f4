-- What the database itself promises, whoever writes: versions, history and the commit-ordered change feed.
-- Replaced as a whole at every migration. `watch(schema, table)` puts a table under these promises.

CREATE OR REPLACE FUNCTION onemap_control.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    -- RFC 9562 version 7 with its method 3: 48 bits of milliseconds, 12 bits of the microseconds after, then random bits,
    -- so that ids sort by time of making also within one load.
    SELECT encode(overlay(uuid_send(gen_random_uuid()) PLACING
        substring(int8send(t / 1000) FROM 3) || int2send((28672 + (t % 1000) * 4096 / 1000)::int2) FROM 1 FOR 8), 'hex')::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS t) now
$$;

CREATE OR REPLACE FUNCTION onemap_control.actor() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('onemap.actor', true), ''), 'psql:' || session_user)
$$;

CREATE OR REPLACE FUNCTION onemap_control.note_touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
-- Before the statement, because an AFTER note is lost when constraints are set IMMEDIATE in mid-transaction.
DECLARE
    token uuid := nullif(current_setting('onemap.token', true), '')::uuid;
BEGIN
    IF token IS NULL THEN
        token := gen_random_uuid();
        PERFORM set_config('onemap.token', token::text, true);
    END IF;
    EXECUTE format('INSERT INTO %I.touched (token, layer) VALUES ($1, $2) ON CONFLICT DO NOTHING', TG_TABLE_SCHEMA)
        USING token, TG_TABLE_NAME::text;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.stamp_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND current_setting('onemap.restoring', true) = 'on' THEN
        NULL; -- it comes back: who made it and when are what they were, its version goes on from the last
    ELSIF TG_OP = 'INSERT' THEN
        NEW.version := 1;
        NEW.created_at := now();
        NEW.created_by := onemap_control.actor();
    ELSE
        NEW.id := OLD.id;
        NEW.version := OLD.version + 1;
        NEW.created_at := OLD.created_at;
        NEW.created_by := OLD.created_by;
    END IF;
    NEW.updated_at := now();
    NEW.updated_by := onemap_control.actor();
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.record_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    columns text;
    has_geom boolean;
    who text := coalesce(nullif(current_setting('onemap.actor', true), ''), 'psql:' || session_user);
    why text := nullif(current_setting('onemap.reason', true), '');
    token uuid := current_setting('onemap.token')::uuid;
    old_row text; new_row text; source text; subject text; geoms text;
BEGIN
    SELECT string_agg(format('§.%I', attname), ', ' ORDER BY attnum) FILTER (WHERE attname <> 'geom'), bool_or(attname = 'geom')
      INTO columns, has_geom
      FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
    old_row := format('to_jsonb((SELECT r FROM (SELECT %s) r))', replace(columns, '§', 'o'));
    new_row := format('to_jsonb((SELECT r FROM (SELECT %s) r))', replace(columns, '§', 'n'));
    IF TG_OP = 'INSERT' THEN
        source := 'new_rows n'; subject := 'n'; old_row := 'NULL'; geoms := 'NULL, n.geom';
    ELSIF TG_OP = 'UPDATE' THEN
        source := 'new_rows n JOIN old_rows o USING (id)'; subject := 'n'; geoms := 'o.geom, n.geom';
    ELSE
        source := 'old_rows o'; subject := 'o'; new_row := 'NULL'; geoms := 'o.geom, NULL';
    END IF;
    IF NOT has_geom THEN geoms := 'NULL, NULL'; END IF;
    EXECUTE format(
        'INSERT INTO %I.history (layer, feature_id, version, op, token, at, by, reason, before, after, geom_before, geom_after) '
        'SELECT $1, %s.id, %s.version, $2, $3, now(), $4, $5, %s, %s, %s FROM %s',
        TG_TABLE_SCHEMA, subject, subject, old_row, new_row, geoms, source)
        USING TG_TABLE_NAME::text, lower(TG_OP), token, who, why;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.commit_layers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
-- The last thing before commit: lock the layers' rows in sorted order, so that versions are in commit order per layer.
DECLARE
    name text;
    next bigint;
    who text := coalesce(nullif(current_setting('onemap.actor', true), ''), 'psql:' || session_user);
    why text := nullif(current_setting('onemap.reason', true), '');
BEGIN
    FOR name IN EXECUTE format('SELECT layer FROM %I.touched WHERE token = $1 ORDER BY layer', TG_TABLE_SCHEMA) USING NEW.token LOOP
        EXECUTE format('UPDATE %I.layer_state SET version = version + 1, token = $1 WHERE layer = $2 RETURNING version', TG_TABLE_SCHEMA)
            INTO next USING NEW.token, name;
        IF next IS NULL THEN
            RAISE EXCEPTION 'layer % has no state row: run onemap_control.watch', name;
        END IF;
        EXECUTE format('INSERT INTO %I.commit_log (layer, version, token, at, by, reason) VALUES ($1, $2, $3, clock_timestamp(), $4, $5)',
            TG_TABLE_SCHEMA) USING name, next, NEW.token, who, why;
        PERFORM pg_notify('onemap_change', TG_TABLE_SCHEMA || ' ' || name || ' ' || next);
    END LOOP;
    EXECUTE format('DELETE FROM %I.touched WHERE token = $1', TG_TABLE_SCHEMA) USING NEW.token;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
-- TRUNCATE passes the row triggers by: nobody who reads the feed would know that the rows are gone.
BEGIN
    RAISE EXCEPTION '%.% 不能 TRUNCATE：版本、历史和推送都不会知道 · TRUNCATE would leave no version, history or event',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = format('请用 DELETE FROM %I.%I · use DELETE, which is recorded and can be undone', TG_TABLE_SCHEMA, TG_TABLE_NAME);
END $$;

CREATE OR REPLACE FUNCTION onemap_control.keep_record() RETURNS trigger LANGUAGE plpgsql AS $$
-- What was recorded stays as it was, whoever asks: the triggers only ever add to it.
BEGIN
    RAISE EXCEPTION '%.% 只增不改，不能 % · it is only added to, no % there', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP, TG_OP
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = '历史由触发器写入；要改数据请改图层本身，会留下新的记录 · change the layer itself, which adds to the record';
END $$;

CREATE OR REPLACE FUNCTION onemap_control.keep_books(space name) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
-- CREATE TRIGGER locks out everyone who writes history, so what is there stays; a disabled trigger is `onemap check`'s to tell.
DECLARE
    book text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'commit_layers' AND tgrelid = format('%I.touched', space)::regclass) THEN
        EXECUTE format('CREATE CONSTRAINT TRIGGER commit_layers AFTER INSERT ON %I.touched DEFERRABLE INITIALLY DEFERRED '
        'FOR EACH ROW EXECUTE FUNCTION onemap_control.commit_layers()', space);
    END IF;
    FOREACH book IN ARRAY ARRAY['history', 'commit_log'] LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'a_keep_record' AND tgrelid = format('%I.%I', space, book)::regclass) THEN
            EXECUTE format('CREATE TRIGGER a_keep_record BEFORE UPDATE OR DELETE OR TRUNCATE ON %I.%I '
                'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.keep_record()', space, book);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'a_refuse_truncate' AND tgrelid = format('%I.layer_state', space)::regclass) THEN
        EXECUTE format('CREATE TRIGGER a_refuse_truncate BEFORE TRUNCATE ON %I.layer_state '
            'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.refuse_truncate()', space);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.watch(space name, watched name) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    start uuid := gen_random_uuid();
BEGIN
    PERFORM onemap_control.keep_books(space);
    EXECUTE format('CREATE OR REPLACE TRIGGER a_refuse_truncate BEFORE TRUNCATE ON %I.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.refuse_truncate()', space, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER a_note_touch BEFORE INSERT OR UPDATE OR DELETE ON %I.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.note_touch()', space, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER b_stamp_row BEFORE INSERT OR UPDATE ON %I.%I '
        'FOR EACH ROW EXECUTE FUNCTION onemap_control.stamp_row()', space, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER c_insert AFTER INSERT ON %I.%I REFERENCING NEW TABLE AS new_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.record_history()', space, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER c_update AFTER UPDATE ON %I.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.record_history()', space, watched);
    EXECUTE format('CREATE OR REPLACE TRIGGER c_delete AFTER DELETE ON %I.%I REFERENCING OLD TABLE AS old_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.record_history()', space, watched);
    EXECUTE format('INSERT INTO %I.layer_state (layer, version, token) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', space)
        USING watched::text, start;
    EXECUTE format('INSERT INTO %I.commit_log (layer, version, token, at, by) SELECT layer, version, token, now(), onemap_control.actor() '
        'FROM %I.layer_state WHERE layer = $1 AND token = $2 ON CONFLICT DO NOTHING', space, space) USING watched::text, start;
END $$;
