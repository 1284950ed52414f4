-- What the database promises of a ledger: entries are only added, and a balance is never anything but what they come to.
-- `keep_ledger(space, entries, accounts, ledger)` puts two tables under these promises; `ledger` is the layer's declaration as JSON.
-- Amounts are reckoned as the decimals they are written with: 0.3 less 0.1 less 0.2 is nothing.

CREATE OR REPLACE FUNCTION onemap_control.refuse_entry(code text, field text, vals jsonb, said text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', said USING ERRCODE = 'OM001', DETAIL = jsonb_build_object('code', code, 'field', field, 'values', vals)::text;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_stand(space name, entries name, ledger jsonb, account uuid, OUT number bigint, OUT balance double precision)
LANGUAGE plpgsql AS $$
-- Where an account stands: by its last entry, on whichever side of it.
BEGIN
    EXECUTE format('SELECT n, b FROM (SELECT %1$I AS n, %2$I AS b FROM %7$I.%8$I WHERE %5$I = $1 UNION ALL SELECT %3$I, %4$I FROM %7$I.%8$I WHERE %6$I = $1) e '
        'ORDER BY n DESC LIMIT 1', ledger->>'number', ledger->>'after', ledger->>'other_number', ledger->>'other_after', ledger->>'account',
        ledger->>'counterpart', space, entries) INTO number, balance USING account;
    number := coalesce(number, 0);
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_sum(space name, entries name, ledger jsonb, account uuid) RETURNS numeric LANGUAGE plpgsql AS $$
-- What all entries of an account come to, those too that were made while its balance was not known.
DECLARE
    total numeric;
BEGIN
    EXECUTE format('SELECT sum(c) FROM (SELECT %1$I::text::numeric AS c FROM %4$I.%5$I WHERE %2$I = $1 UNION ALL SELECT -%1$I::text::numeric FROM %4$I.%5$I WHERE %3$I = $1) e',
        ledger->>'change', ledger->>'account', ledger->>'counterpart', space, entries) INTO total USING account;
    RETURN coalesce(total, 0);
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_enter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- Before an entry: lock what it touches, in one order for all; look where that stands; refuse, or write what comes of it into the entry.
DECLARE
    accounts name := TG_ARGV[0];
    ledger jsonb := TG_ARGV[1]::jsonb;
    given jsonb := to_jsonb(NEW);
    account uuid := (given->>(ledger->>'account'))::uuid;
    other uuid := (given->>(ledger->>'counterpart'))::uuid;
    effect text := ledger->'effects'->>(given->>(ledger->>'kind'));
    asked numeric := (given->>(ledger->>'quantity'))::numeric;
    locked jsonb := '{}';
    here jsonb; there jsonb; one record; stand record; other_stand record;
    before numeric; after numeric; change numeric; other_before numeric; alike text; said text;
BEGIN
    IF account IS NULL OR effect IS NULL OR NOT coalesce(asked >= 0 AND asked < 'Infinity', true) THEN
        RETURN NEW;  -- the table's own checks refuse it
    END IF;
    IF asked IS NULL AND effect <> 'set' THEN
        PERFORM onemap_control.refuse_entry('required', ledger->>'quantity', jsonb_build_object('field', ledger->>'quantity'), '没有数量 · no quantity');
    ELSIF asked = 0 AND effect <> 'set' THEN
        PERFORM onemap_control.refuse_entry('quantity-zero', ledger->>'quantity', '{}', '数量为零 · the quantity is 0');
    ELSIF effect = 'move' AND other IS NULL THEN
        PERFORM onemap_control.refuse_entry('required', ledger->>'counterpart', jsonb_build_object('field', ledger->>'counterpart'), '没有调入条目 · nowhere to go');
    ELSIF effect <> 'move' AND other IS NOT NULL THEN
        PERFORM onemap_control.refuse_entry('counterpart-unwanted', ledger->>'counterpart', '{}', '不是调拨 · no transfer');
    ELSIF other = account THEN
        PERFORM onemap_control.refuse_entry('counterpart-same', ledger->>'counterpart', '{}', '调出和调入是同一条目 · both are one line');
    END IF;
    IF (given->>(ledger->>'at'))::timestamptz > clock_timestamp() + interval '5 minutes' THEN  -- so far may two clocks be apart
        PERFORM onemap_control.refuse_entry('entry-ahead', ledger->>'at', '{}', '时间还没有到 · it has not happened yet');
    END IF;
    FOR one IN EXECUTE format('SELECT id, to_jsonb(t) AS row FROM %I.%I t WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE', TG_TABLE_SCHEMA, accounts) USING account, other LOOP
        locked := locked || jsonb_build_object(one.id, one.row);
    END LOOP;
    here := locked->(account::text) || jsonb_build_object('said', coalesce(locked->(account::text)->>(ledger->>'title'), account::text));
    IF here IS NULL OR (other IS NOT NULL AND NOT locked ? other::text) THEN
        RETURN NEW;  -- the foreign key refuses it
    END IF;
    stand := onemap_control.ledger_stand(TG_TABLE_SCHEMA, TG_TABLE_NAME, ledger, account);
    before := stand.balance::text::numeric;
    IF effect IN ('take', 'move') AND before IS NULL THEN
        PERFORM onemap_control.refuse_entry('stock-unknown', ledger->>'quantity',
            jsonb_build_object('line', here->>'said', 'asked', asked, 'unit', coalesce(here->>(ledger->>'unit'), '')),
            format('%s 的结存未知 · the stock of it is unknown', here->>'said'));
    ELSIF effect IN ('take', 'move') AND before < asked THEN
        PERFORM onemap_control.refuse_entry('stock-short', ledger->>'quantity',
            jsonb_build_object('line', here->>'said', 'stock', before, 'asked', asked, 'unit', coalesce(here->>(ledger->>'unit'), '')),
            format('%s 现有 %s，不够 %s · has %2$s, not %3$s', here->>'said', before, asked));
    END IF;
    IF effect = 'set' THEN
        after := asked;
        change := CASE WHEN asked IS NULL THEN 0 ELSE asked - coalesce(before, onemap_control.ledger_sum(TG_TABLE_SCHEMA, TG_TABLE_NAME, ledger, account)) END;
    ELSE
        change := CASE effect WHEN 'add' THEN asked ELSE -asked END;
        after := before + change;
    END IF;
    IF effect = 'move' THEN
        there := locked->(other::text) || jsonb_build_object('said', coalesce(locked->(other::text)->>(ledger->>'title'), other::text));
        FOR alike IN SELECT jsonb_array_elements_text(ledger->'alike') LOOP
            IF here->alike IS DISTINCT FROM there->alike THEN
                PERFORM onemap_control.refuse_entry('transfer-differs', ledger->>'counterpart', jsonb_build_object('line', here->>'said', 'other', there->>'said',
                    'field_zh', ledger->'words'->alike->>'zh', 'field_en', ledger->'words'->alike->>'en', 'here', coalesce(here->>alike, '—'), 'there', coalesce(there->>alike, '—')),
                    format('%s 与 %s 的 %s 不同 · they differ in %3$s', here->>'said', there->>'said', alike));
            END IF;
        END LOOP;
        other_stand := onemap_control.ledger_stand(TG_TABLE_SCHEMA, TG_TABLE_NAME, ledger, other);
        other_before := other_stand.balance::text::numeric;
    END IF;
    given := jsonb_build_object(ledger->>'number', stand.number + 1, ledger->>'change', change, ledger->>'after', after,
        ledger->>'counted_in', here->>(ledger->>'unit'), ledger->>'at', coalesce(given->>(ledger->>'at'), now()::text),
        ledger->>'other_number', NULL, ledger->>'other_after', NULL);
    IF effect = 'move' THEN
        given := given || jsonb_build_object(ledger->>'other_number', other_stand.number + 1, ledger->>'other_after', other_before + asked);
    END IF;
    RETURN jsonb_populate_record(NEW, given);
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- After entries: what they touch stands where its last entry says, which is one of these. An UPDATE of no rows would still raise the layer's version.
DECLARE
    accounts name := TG_ARGV[0];
    ledger jsonb := TG_ARGV[1]::jsonb;
    differing text := format('FROM (SELECT DISTINCT ON (account) account, balance FROM (SELECT %1$I AS account, %2$I AS number, %3$I AS balance FROM new_rows '
        'UNION ALL SELECT %4$I, %5$I, %6$I FROM new_rows WHERE %4$I IS NOT NULL) e ORDER BY account, number DESC) s WHERE t.id = s.account AND t.%7$I IS DISTINCT FROM s.balance',
        ledger->>'account', ledger->>'number', ledger->>'after', ledger->>'counterpart', ledger->>'other_number', ledger->>'other_after', ledger->>'balance');
    any_ boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I t, LATERAL (SELECT 1 %s) d)', TG_TABLE_SCHEMA, accounts, differing) INTO any_;
    IF any_ THEN
        EXECUTE format('UPDATE %I.%I t SET %I = s.balance %s', TG_TABLE_SCHEMA, accounts, ledger->>'balance', differing);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- A number that somebody wrote into an account is a count: it is entered as one, from what the entries said to what was written.
-- Whether it was written by an entry is told by the entries themselves, so nobody can say so falsely.
DECLARE
    entries name := TG_ARGV[0];
    ledger jsonb := TG_ARGV[1]::jsonb;
    written text := format('FROM new_rows n %s, onemap_control.ledger_stand(%L, %L, $1, n.id) s WHERE n.%4$I IS DISTINCT FROM s.balance %5$s',
        CASE TG_OP WHEN 'UPDATE' THEN 'JOIN old_rows o USING (id)' ELSE '' END, TG_TABLE_SCHEMA, entries, ledger->>'balance',
        CASE TG_OP WHEN 'UPDATE' THEN format('AND n.%1$I IS DISTINCT FROM o.%1$I', ledger->>'balance') ELSE '' END);
    any_ boolean;
BEGIN
    EXECUTE 'SELECT EXISTS (SELECT ' || written || ')' INTO any_ USING ledger;
    IF any_ THEN
        EXECUTE format('INSERT INTO %I.%I (%I, %I, %I, %I) SELECT n.id, $2, n.%I, left($3, 200) %s ORDER BY n.id', TG_TABLE_SCHEMA, entries, ledger->>'account', ledger->>'kind',
            ledger->>'quantity', ledger->>'reason', ledger->>'balance', written) USING ledger, ledger->>'count', nullif(current_setting('onemap.reason', true), '');
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_fixed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- An entry stays as it was made, whoever asks; it goes only with an account into which nothing ever moved.
DECLARE
    ledger jsonb := TG_ARGV[1]::jsonb;
    there boolean := true;
BEGIN
    IF TG_OP = 'DELETE' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE id = $1)', TG_TABLE_SCHEMA, TG_ARGV[0]) INTO there USING (to_jsonb(OLD)->>(ledger->>'account'))::uuid;
        IF NOT there THEN RETURN OLD; END IF;
    END IF;
    PERFORM onemap_control.refuse_entry('ledger-fixed', NULL, jsonb_build_object('layer', TG_TABLE_NAME),
        format('%I.%I 只增不改，更正请再记一笔 · entries are only added: put a mistake right by another one', TG_TABLE_SCHEMA, TG_TABLE_NAME));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.ledger_account_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- An account goes only while nothing moved in or out of it; what it was counted at goes with it, and history keeps both.
DECLARE
    ledger jsonb := TG_ARGV[1]::jsonb;
    moved bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I WHERE (%3$I = $1 AND %4$I <> $2) OR %5$I = $1', TG_TABLE_SCHEMA, TG_ARGV[0], ledger->>'account', ledger->>'kind', ledger->>'counterpart')
        INTO moved USING OLD.id, ledger->>'count';
    IF moved > 0 THEN
        PERFORM onemap_control.refuse_entry('account-in-use', NULL, jsonb_build_object('line', coalesce(to_jsonb(OLD)->>(ledger->>'title'), OLD.id::text), 'entries', moved),
            format('已有 %s 笔出入库，不能删除 · %1$s movements are entered, so it stays', moved));
    END IF;
    RETURN OLD;
END $$;

CREATE OR REPLACE FUNCTION onemap_control.keep_ledger(space name, entries name, accounts name, ledger jsonb) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
-- The first time, what the accounts stand at is entered as counted; later a difference is for `onemap check` to tell, not to be made good in silence.
DECLARE
    opened boolean := EXISTS (SELECT FROM pg_trigger WHERE tgname = 'b_ledger_enter' AND tgrelid = format('%I.%I', space, entries)::regclass);
    of_entries text := format('(%L, %L)', accounts, ledger);
    of_accounts text := format('(%L, %L)', entries, ledger);
    suffix text := '_' || left(entries, 40);
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER a_ledger_fixed BEFORE UPDATE OR DELETE ON %I.%I FOR EACH ROW EXECUTE FUNCTION onemap_control.ledger_fixed%s', space, entries, of_entries);
    EXECUTE format('CREATE OR REPLACE TRIGGER b_ledger_enter BEFORE INSERT ON %I.%I FOR EACH ROW EXECUTE FUNCTION onemap_control.ledger_enter%s', space, entries, of_entries);
    EXECUTE format('CREATE OR REPLACE TRIGGER d_ledger_balance AFTER INSERT ON %I.%I REFERENCING NEW TABLE AS new_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.ledger_balance%s', space, entries, of_entries);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE DELETE ON %I.%I FOR EACH ROW EXECUTE FUNCTION onemap_control.ledger_account_gone%s',
        'a_ledger_gone' || suffix, space, accounts, of_accounts);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER INSERT ON %I.%I REFERENCING NEW TABLE AS new_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.ledger_counted%s', 'd_ledger_made' || suffix, space, accounts, of_accounts);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER UPDATE ON %I.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION onemap_control.ledger_counted%s', 'd_ledger_counted' || suffix, space, accounts, of_accounts);
    IF NOT opened THEN
        EXECUTE format('INSERT INTO %1$I.%2$I (%3$I, %4$I, %5$I) SELECT t.id, $1, t.%6$I FROM %1$I.%7$I t WHERE t.%6$I IS NOT NULL '
            'AND NOT EXISTS (SELECT FROM %1$I.%2$I e WHERE e.%3$I = t.id OR e.%8$I = t.id) ORDER BY t.id', space, entries, ledger->>'account', ledger->>'kind', ledger->>'quantity',
            ledger->>'balance', accounts, ledger->>'counterpart') USING ledger->>'count';
    END IF;
END $$;
