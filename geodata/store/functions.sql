-- What the database itself promises, whoever writes: versions, history and the commit-ordered change feed.
-- Replaced as a whole at every migration. `watch(schema, table)` puts a table under these promises.

CREATE OR REPLACE FUNCTION onemap_control.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    -- RFC 9562 version 7 with its method 3: 48 bits of milliseconds, 12 bits of the microseconds after, then random bits,
    -- so that ids sort by time of making also within one load. One expression without FROM, which the planner puts in place of
    -- the call: microseconds * 512 / 125 are the milliseconds and, in 12 bits, what is over; the digit 7 goes between the two.
    SELECT (overlay(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 512 / 125), 15, '0') PLACING '7' FROM 13 FOR 0)
        || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
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
-- Run for each row of a load: who acts is asked once a row, in this function's own words rather than through `actor()`.
DECLARE
    who text := coalesce(nullif(current_setting('onemap.actor', true), ''), 'psql:' || session_user);
BEGIN
    IF TG_OP = 'INSERT' AND current_setting('onemap.restoring', true) = 'on' THEN
        NULL; -- it comes back: who made it and when are what they were, its version goes on from the last
    ELSIF TG_OP = 'INSERT' THEN
        NEW.version := 1;
        NEW.created_at := now();
        NEW.created_by := who;
    ELSE
        NEW.id := OLD.id;
        NEW.version := OLD.version + 1;
        NEW.created_at := OLD.created_at;
        NEW.created_by := OLD.created_by;
    END IF;
    NEW.updated_at := now();
    NEW.updated_by := who;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.record_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
-- What a row was made as has no system columns: they are what its step says of itself (moment, actor, version 1), and
-- of a load they would be a third of all that is written. A row that comes back has them, because it was made at another time.
DECLARE
    columns text;
    has_geom boolean;
    left_out name[] := CASE WHEN TG_OP = 'INSERT' AND current_setting('onemap.restoring', true) IS DISTINCT FROM 'on'
        THEN ARRAY['id', 'version', 'created_at', 'created_by', 'updated_at', 'updated_by'] ELSE '{}' END;
    who text := coalesce(nullif(current_setting('onemap.actor', true), ''), 'psql:' || session_user);
    why text := nullif(current_setting('onemap.reason', true), '');
    token uuid := current_setting('onemap.token')::uuid;
    old_row text; new_row text; source text; subject text; geoms text;
BEGIN
    SELECT string_agg(format('§.%I', attname), ', ' ORDER BY attnum) FILTER (WHERE attname <> 'geom' AND attname <> ALL (left_out)), bool_or(attname = 'geom')
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
        PERFORM onemap_control.audit_commit(TG_TABLE_SCHEMA, name, next, NEW.token);
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
    EXECUTE format('CREATE OR REPLACE TRIGGER d_truncate AFTER TRUNCATE ON %I.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.audit_truncate()', space, watched);
    EXECUTE format('INSERT INTO %I.layer_state (layer, version, token) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', space)
        USING watched::text, start;
    EXECUTE format('INSERT INTO %I.commit_log (layer, version, token, at, by) SELECT layer, version, token, now(), onemap_control.actor() '
        'FROM %I.layer_state WHERE layer = $1 AND token = $2 ON CONFLICT DO NOTHING', space, space) USING watched::text, start;
END $$;

-- The audit: rows written in the transaction they tell of, each with a digest over its content and the row before it in its chain.
-- A layer of a space is a chain of its own, and its writers queue for its `layer_state` row already: no commit waits for more than it did.

CREATE OR REPLACE FUNCTION onemap_control.audit_digest(previous bytea, VARIADIC parts text[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
-- Every part with its length in bytes before it, so that no two rows read alike; a missing part is a bare minus. A loop, because a
-- session keeps its plan; as one query it would be planned in each transaction.
DECLARE
    joined text := '';
    part text;
BEGIN
    FOREACH part IN ARRAY parts LOOP
        joined := joined || ',' || coalesce(octet_length(part) || ':' || part, '-');
    END LOOP;
    RETURN sha256(previous || convert_to(substr(joined, 2), 'UTF8'));
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_add(the_chain text, the_space text, the_action text, the_object text, the_outcome text, the_detail jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head record;
    moment timestamptz;
    who text := coalesce(nullif(current_setting('onemap.actor', true), ''), 'psql:' || session_user);
    roles text := coalesce(current_setting('onemap.roles', true), '');
    address text := coalesce(nullif(current_setting('onemap.address', true), ''), host(inet_client_addr()), '');
    why text := nullif(current_setting('onemap.reason', true), '');
    digest bytea;
BEGIN
    SELECT * INTO head FROM onemap_control.audit_head WHERE chain = the_chain FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO onemap_control.audit_head VALUES (the_chain, 0, '\x') ON CONFLICT DO NOTHING;
        SELECT * INTO head FROM onemap_control.audit_head WHERE chain = the_chain FOR UPDATE;
    END IF;
    moment := clock_timestamp();
    digest := onemap_control.audit_digest(head.hash, the_chain, (head.sequence + 1)::text,
        to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), who, roles, address, session_user::text, the_space, the_action, the_object,
        why, the_outcome, the_detail::text);
    INSERT INTO onemap_control.audit (chain, sequence, at, who, roles, address, via, space, action, object, reason, outcome, detail, previous, hash)
        VALUES (the_chain, head.sequence + 1, moment, who, roles, address, session_user, the_space, the_action, the_object, why, the_outcome,
            the_detail, head.hash, digest);
    UPDATE onemap_control.audit_head SET sequence = head.sequence + 1, hash = digest WHERE chain = the_chain;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_note(the_space text, the_action text, the_object text, the_outcome text, the_detail jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- What no table tells of (a look at a phone number, a refused sign-in). A drill's connection has a chain apart: it can say what it likes of itself.
BEGIN
    PERFORM onemap_control.audit_add(CASE WHEN session_user = 'onemap_drill' THEN 'drills' ELSE 'control' END,
        the_space, the_action, the_object, the_outcome, the_detail);
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_reveals(the_who text) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) FROM onemap_control.audit WHERE who = the_who AND at > now() - interval '1 hour' AND action = 'reveal');
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_commit(space name, layer text, version bigint, token uuid) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    the_space text := CASE WHEN space = 'onemap' THEN 'live' ELSE substr(space, 7) END;
    made bigint; changed bigint; gone bigint; ids uuid[]; subject text := layer;
BEGIN
    EXECUTE format('SELECT count(*) FILTER (WHERE op = ''insert''), count(*) FILTER (WHERE op = ''update''), count(*) FILTER (WHERE op = ''delete''), '
        '(array_agg(feature_id ORDER BY id))[1:100] FROM %I.history WHERE token = $1 AND layer = $2', space)
        INTO made, changed, gone, ids USING token, layer;
    IF ids IS NULL THEN RETURN; END IF;  -- a statement that met no row wrote nothing
    IF layer = 'layer_definition' THEN
        EXECUTE format('SELECT string_agg(coalesce(after, before)->>''layer'', '','' ORDER BY id) FROM %I.history WHERE token = $1 AND layer = $2', space)
            INTO subject USING token, layer;
    ELSIF made + changed + gone = 1 THEN subject := layer || '/' || ids[1];
    END IF;
    PERFORM onemap_control.audit_add(the_space || '/' || layer, the_space,
        CASE WHEN layer = 'layer_definition' THEN 'layer.' ELSE 'feature.' END || CASE WHEN changed + gone = 0 THEN 'insert' WHEN made + gone = 0 THEN 'update' WHEN made + changed = 0 THEN 'delete' ELSE 'changeset' END,
        subject, 'done', jsonb_strip_nulls(jsonb_build_object('counts', jsonb_build_object('insert', nullif(made, 0), 'update', nullif(changed, 0), 'delete', nullif(gone, 0)),
            'ids', ids, 'version', version, 'token', token)));
END $$;

CREATE OR REPLACE FUNCTION onemap_control.note_undone(the_commit uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
-- This transaction takes back what a commit did: the record of a load says so, and no longer when that is taken back in its turn.
DECLARE
    by_drills boolean := session_user = 'onemap_drill';
BEGIN
    UPDATE onemap_control.load SET undone_at = now(), undone_by = onemap_control.actor(), undone_commit = current_setting('onemap.token')::uuid
        WHERE commit = the_commit AND (space <> 'live' OR NOT by_drills);
    UPDATE onemap_control.load SET undone_at = NULL, undone_by = NULL, undone_commit = NULL
        WHERE undone_commit = the_commit AND (space <> 'live' OR NOT by_drills);
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM onemap_control.audit_add('control', '', 'account.make', NEW.name, 'done', jsonb_build_object('display', NEW.display, 'roles', NEW.roles));
        RETURN NULL;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM onemap_control.audit_add('control', '', 'account.delete', OLD.name, 'done', jsonb_build_object('display', OLD.display, 'roles', OLD.roles));
        RETURN NULL;
    END IF;
    IF OLD.roles <> NEW.roles THEN
        PERFORM onemap_control.audit_add('control', '', 'account.roles', NEW.name, 'done', jsonb_build_object('before', OLD.roles, 'after', NEW.roles));
    END IF;
    IF (OLD.disabled_at IS NULL) <> (NEW.disabled_at IS NULL) THEN
        PERFORM onemap_control.audit_add('control', '', CASE WHEN NEW.disabled_at IS NULL THEN 'account.unlock' ELSE 'account.lock' END, NEW.name, 'done', '{}');
    END IF;
    IF OLD.password_hash <> NEW.password_hash THEN
        PERFORM onemap_control.audit_add('control', '', 'account.password', NEW.name, 'done', jsonb_build_object('to_be_changed', NEW.password_set_at IS NULL));
    END IF;
    IF (OLD.name, OLD.display, OLD.demo) IS DISTINCT FROM (NEW.name, NEW.display, NEW.demo) THEN
        PERFORM onemap_control.audit_add('control', '', 'account.change', NEW.name, 'done',
            jsonb_build_object('before', jsonb_build_array(OLD.name, OLD.display, OLD.demo), 'after', jsonb_build_array(NEW.name, NEW.display, NEW.demo)));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM onemap_control.audit_add('control', '', 'session.open', NEW.account, 'done',
            jsonb_build_object('session', left(encode(NEW.hash, 'hex'), 16), 'address', NEW.address));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM onemap_control.audit_add('control', '', 'session.revoke', OLD.account, 'done', jsonb_build_object('session', left(encode(OLD.hash, 'hex'), 16)));
    ELSIF NEW.revoked_at IS NOT NULL THEN
        PERFORM onemap_control.audit_add('control', '', CASE WHEN current_setting('onemap.reason', true) = 'sign-out' THEN 'session.close' ELSE 'session.revoke' END,
            NEW.account, 'done', jsonb_build_object('session', left(encode(NEW.hash, 'hex'), 16)));
    ELSE
        PERFORM onemap_control.audit_add('control', '', 'session.revive', NEW.account, 'done', jsonb_build_object('session', left(encode(NEW.hash, 'hex'), 16)));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_token() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    subject record;
    kind text := CASE WHEN TG_OP = 'INSERT' THEN 'make' WHEN TG_OP = 'DELETE' THEN 'delete' WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN 'revoke' ELSE 'change' END;
BEGIN
    IF TG_OP = 'DELETE' THEN subject := OLD; ELSE subject := NEW; END IF;
    PERFORM onemap_control.audit_add('control', '', 'token.' || kind, subject.name, 'done',
        jsonb_build_object('roles', subject.roles, 'expires_at', subject.expires_at));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_drill() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- Each drill is a chain of its own: a drill is copied in one snapshot, which could not see the head of a chain that others write.
DECLARE
    subject record;
    kind text := CASE WHEN TG_OP = 'INSERT' THEN 'open' WHEN TG_OP = 'DELETE' THEN 'delete' WHEN OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL THEN 'close'
        WHEN OLD.as_of <> NEW.as_of THEN 'reset' ELSE 'change' END;
BEGIN
    IF TG_OP = 'DELETE' THEN subject := OLD; ELSE subject := NEW; END IF;
    PERFORM onemap_control.audit_add('drill ' || subject.id, subject.id, 'drill.' || kind, subject.id, 'done', jsonb_build_object('name', subject.name, 'as_of', subject.as_of));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_load() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    subject record;
    kind text := CASE WHEN TG_OP = 'INSERT' THEN 'ask' WHEN TG_OP = 'DELETE' THEN 'delete' ELSE NEW.state END;
BEGIN
    IF TG_OP = 'DELETE' THEN subject := OLD; ELSE subject := NEW; END IF;
    PERFORM onemap_control.audit_add('control', subject.space, 'load.' || kind, subject.layer,
        CASE WHEN subject.state IN ('refused', 'failed') THEN 'refused' ELSE 'done' END,
        jsonb_build_object('load', subject.id, 'file', subject.file, 'sha256', subject.sha256,
            'counts', (SELECT jsonb_object_agg(key, value) FROM jsonb_each(subject.report->'en')
                        WHERE key IN ('read', 'accepted', 'rejected', 'inserted', 'updated', 'unchanged'))));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_truncate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- Only the owner may, and it leaves no history: that it was done at least is known.
BEGIN
    PERFORM onemap_control.audit_add('control', '', 'table.truncate', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, 'done', '{}');
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.audit_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
-- Nobody changes the audit. Rows of more than 180 days are taken away by `onemap audit prune`, which keeps where the chain goes on.
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('onemap.audit_prune', true) = 'on' THEN
        IF OLD.at < now() - interval '180 days' THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION 'the audit is not changed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION onemap_control.watch_control() RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    one name;
BEGIN
    FOREACH one IN ARRAY ARRAY['account', 'session', 'api_token', 'drill', 'load'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON onemap_control.%I FOR EACH STATEMENT '
            'EXECUTE FUNCTION onemap_control.audit_truncate()', one);
    END LOOP;
    CREATE OR REPLACE TRIGGER audit_keep BEFORE DELETE ON onemap_control.audit FOR EACH ROW EXECUTE FUNCTION onemap_control.audit_keep();
    CREATE OR REPLACE TRIGGER audit_keep_all BEFORE UPDATE OR TRUNCATE ON onemap_control.audit FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.audit_keep();
    CREATE OR REPLACE TRIGGER audit_account AFTER INSERT OR UPDATE OR DELETE ON onemap_control.account
        FOR EACH ROW EXECUTE FUNCTION onemap_control.audit_account();
    CREATE OR REPLACE TRIGGER audit_session_open AFTER INSERT ON onemap_control.session FOR EACH ROW EXECUTE FUNCTION onemap_control.audit_session();
    CREATE OR REPLACE TRIGGER audit_session_end AFTER UPDATE ON onemap_control.session FOR EACH ROW
        WHEN ((OLD.revoked_at IS NULL) <> (NEW.revoked_at IS NULL)) EXECUTE FUNCTION onemap_control.audit_session();
    CREATE OR REPLACE TRIGGER audit_session_gone AFTER DELETE ON onemap_control.session FOR EACH ROW  -- the service itself sweeps a day after the end
        WHEN (OLD.revoked_at IS NULL AND OLD.opened_at > now() - interval '1 day') EXECUTE FUNCTION onemap_control.audit_session();
    CREATE OR REPLACE TRIGGER audit_token AFTER INSERT OR DELETE ON onemap_control.api_token FOR EACH ROW EXECUTE FUNCTION onemap_control.audit_token();
    CREATE OR REPLACE TRIGGER audit_token_change AFTER UPDATE ON onemap_control.api_token FOR EACH ROW
        WHEN ((OLD.name, OLD.roles, OLD.expires_at, OLD.revoked_at) IS DISTINCT FROM (NEW.name, NEW.roles, NEW.expires_at, NEW.revoked_at))
        EXECUTE FUNCTION onemap_control.audit_token();
    CREATE OR REPLACE TRIGGER audit_drill AFTER INSERT OR UPDATE OR DELETE ON onemap_control.drill FOR EACH ROW EXECUTE FUNCTION onemap_control.audit_drill();
    CREATE OR REPLACE TRIGGER audit_load AFTER INSERT OR DELETE ON onemap_control.load FOR EACH ROW EXECUTE FUNCTION onemap_control.audit_load();
    CREATE OR REPLACE TRIGGER audit_load_state AFTER UPDATE ON onemap_control.load FOR EACH ROW
        WHEN (OLD.state <> NEW.state AND NEW.state IN ('confirmed', 'committed', 'refused', 'cancelled', 'failed'))
        EXECUTE FUNCTION onemap_control.audit_load();
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON onemap_control.audit, onemap_control.audit_head, onemap_control.audit_base FROM onemap_live, onemap_drill;
    GRANT SELECT ON onemap_control.audit, onemap_control.audit_head, onemap_control.audit_base TO onemap_live;
    GRANT EXECUTE ON FUNCTION onemap_control.audit_note(text, text, text, text, jsonb), onemap_control.audit_reveals(text),
        onemap_control.note_undone(uuid) TO onemap_live, onemap_drill;
END $$;

-- Only the triggers, which run as the owner, write to the chains; the service may tell what no trigger sees.
REVOKE EXECUTE ON FUNCTION onemap_control.audit_add(text, text, text, text, text, jsonb), onemap_control.audit_commit(name, text, bigint, uuid),
    onemap_control.audit_note(text, text, text, text, jsonb), onemap_control.audit_reveals(text), onemap_control.note_undone(uuid) FROM PUBLIC;
