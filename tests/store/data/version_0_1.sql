BEGIN TRANSACTION;
CREATE TABLE accounts (
	id TEXT NOT NULL, 
	email TEXT NOT NULL, 
	"plan" TEXT NOT NULL, 
	created_ms BIGINT NOT NULL, 
	suspended BOOLEAN NOT NULL, 
	plan_balance BIGINT NOT NULL, 
	topup_balance BIGINT NOT NULL, 
	plan_month INTEGER NOT NULL, 
	revoked_through BIGINT NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_email UNIQUE (email)
);
INSERT INTO "accounts" VALUES('6401677e-c1a6-4038-8f38-982bfcfd1b67','ada@example.com','creator',1795770600284,0,1999965900,5000000,202611,0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	user_id TEXT, 
	event TEXT NOT NULL, 
	subject TEXT NOT NULL, count BIGINT DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT fk_audit_user_id FOREIGN KEY(user_id) REFERENCES accounts (id)
);
INSERT INTO "audit" VALUES(1,1795770600284,'6401677e-c1a6-4038-8f38-982bfcfd1b67','secret_created','default',1);
INSERT INTO "audit" VALUES(2,1795770600284,'6401677e-c1a6-4038-8f38-982bfcfd1b67','account_created','ada@example.com',1);
INSERT INTO "audit" VALUES(3,1795770603630,'6401677e-c1a6-4038-8f38-982bfcfd1b67','secret_created','laptop',1);
CREATE TABLE ledger (
	id INTEGER NOT NULL, 
	user_id TEXT NOT NULL, 
	activity TEXT NOT NULL, 
	plan_change BIGINT NOT NULL, 
	topup_change BIGINT NOT NULL, 
	at_ms BIGINT NOT NULL, 
	session_id TEXT, 
	agent_code TEXT, 
	pricing_code TEXT, 
	CONSTRAINT pk_ledger PRIMARY KEY (id), 
	CONSTRAINT fk_ledger_session_id FOREIGN KEY(session_id) REFERENCES sessions (id), 
	CONSTRAINT fk_ledger_user_id FOREIGN KEY(user_id) REFERENCES accounts (id)
);
INSERT INTO "ledger" VALUES(1,'6401677e-c1a6-4038-8f38-982bfcfd1b67','plan_grant',2000000000,0,1795770600284,NULL,NULL,NULL);
INSERT INTO "ledger" VALUES(2,'6401677e-c1a6-4038-8f38-982bfcfd1b67','top_up',0,5000000,1795770600284,NULL,NULL,NULL);
INSERT INTO "ledger" VALUES(3,'6401677e-c1a6-4038-8f38-982bfcfd1b67','runtime',-11516,0,1795770602076,'399892fa-4ccb-45a4-8dda-963d07cd87e9','A78WKV4515','self_hosted');
INSERT INTO "ledger" VALUES(4,'6401677e-c1a6-4038-8f38-982bfcfd1b67','runtime',-10417,0,1795770602701,'399892fa-4ccb-45a4-8dda-963d07cd87e9','A78WKV4515','self_hosted');
INSERT INTO "ledger" VALUES(5,'6401677e-c1a6-4038-8f38-982bfcfd1b67','runtime',-10117,0,1795770603308,'399892fa-4ccb-45a4-8dda-963d07cd87e9','A78WKV4515','self_hosted');
INSERT INTO "ledger" VALUES(6,'6401677e-c1a6-4038-8f38-982bfcfd1b67','runtime',-2050,0,1795770603431,'399892fa-4ccb-45a4-8dda-963d07cd87e9','A78WKV4515','self_hosted');
CREATE TABLE secrets (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id TEXT NOT NULL, 
	alias TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	key_display TEXT NOT NULL, 
	created_ms BIGINT NOT NULL, 
	last_used_ms BIGINT, 
	dies_ms BIGINT, 
	CONSTRAINT fk_secrets_user_id FOREIGN KEY(user_id) REFERENCES accounts (id), 
	CONSTRAINT uq_secrets_hash UNIQUE (hash)
);
INSERT INTO "secrets" VALUES(1,'6401677e-c1a6-4038-8f38-982bfcfd1b67','default',X'48D830D52DA7E8B6124B5D5D93C41503B17E87AEEA817C75EEE7C79BDC69839D','bhs_I0DN…kqvW',1795770600284,1795770600000,NULL);
INSERT INTO "secrets" VALUES(2,'6401677e-c1a6-4038-8f38-982bfcfd1b67','laptop',X'827ECC31D686A94E53EDE66758239DC346AC63EAB1C011A7D006E9914F95D47E','bhs_TRLd…JIfe',1795770603630,NULL,NULL);
CREATE TABLE sessions (
	id TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	secret_id BIGINT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	transaction_id TEXT NOT NULL, 
	provisional BOOLEAN NOT NULL, 
	pricing_code TEXT NOT NULL, 
	rate BIGINT NOT NULL, 
	started_ms BIGINT NOT NULL, 
	seen_ms BIGINT NOT NULL, 
	tokens BIGINT NOT NULL, 
	issued_ms BIGINT NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	billed_ms BIGINT NOT NULL, 
	charged BIGINT NOT NULL, 
	end_reason TEXT, 
	ended_ms BIGINT, 
	agent_code TEXT, 
	end_user TEXT, 
	room_name TEXT, 
	tags TEXT, 
	model_hash TEXT, 
	runtime_version TEXT, owed_ms BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_secret_id FOREIGN KEY(secret_id) REFERENCES secrets (id), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES accounts (id)
);
INSERT INTO "sessions" VALUES('399892fa-4ccb-45a4-8dda-963d07cd87e9','6401677e-c1a6-4038-8f38-982bfcfd1b67',1,'abababababababababababababababab','863ec82a-d4f5-4c2d-a90b-e9da95feba83',0,'self_hosted',1000000,1795770601385,1795770603308,4,1795770603000,1795770903000,2,2046,34100,'closed',1795770603431,'A78WKV4515',NULL,NULL,NULL,NULL,NULL,-123);
CREATE UNIQUE INDEX uq_secrets_user_id_alias ON secrets (user_id, alias) WHERE dies_ms IS NULL;
CREATE INDEX ix_sessions_open ON sessions (user_id, seen_ms) WHERE end_reason IS NULL;
CREATE INDEX ix_sessions_user_id_started_ms ON sessions (user_id, started_ms);
CREATE UNIQUE INDEX uq_sessions_client ON sessions (user_id, fingerprint, transaction_id);
CREATE INDEX ix_ledger_user_id_at_ms ON ledger (user_id, at_ms);
CREATE INDEX ix_sessions_user_id_transaction_id_started_ms ON sessions (user_id, transaction_id, started_ms);
CREATE INDEX ix_sessions_ended ON sessions (user_id, seen_ms) WHERE end_reason IS NOT NULL;
CREATE INDEX ix_sessions_adoptable ON sessions (user_id, fingerprint, seen_ms) WHERE provisional = 1 AND (end_reason IS NULL OR end_reason IN ('expired', 'terminated'));
CREATE INDEX ix_ledger_agent ON ledger (user_id, agent_code, at_ms) WHERE agent_code IS NOT NULL;
CREATE INDEX ix_secrets_ending ON secrets (user_id, alias) WHERE dies_ms > 0;
CREATE INDEX ix_secrets_not_dead ON secrets (user_id) WHERE dies_ms IS NULL OR dies_ms > 0;
CREATE INDEX ix_audit_subject ON audit (subject, event, at_ms);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('secrets',2);
COMMIT;
