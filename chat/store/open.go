package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"parley/chat"
)

// Store keeps chat's records. It is safe for concurrent use.
type Store struct {
	read   *gorm.DB
	commit committer
	pools  []*sql.DB
	// migrating is the pool that migrations run on.
	migrating *sql.DB
	dialect   dialect
	trouble   trouble
}

var (
	_ chat.Store  = (*Store)(nil)
	_ chat.Outbox = (*Store)(nil)

	_ chat.EventLog = (*Store)(nil)
)

// committer runs a transaction.
type committer interface {
	run(ctx context.Context, fn func(*gorm.DB) error) error
}

// Options are the store's settings.
type Options struct {
	// MaxOpenConns bounds the connections to PostgreSQL and the readers of SQLite; 0 takes a default.
	MaxOpenConns int
	// Existing refuses to make a SQLite file that is not there.
	Existing bool
}

// Open opens sqlite://path or postgres://…, creating the folder of a SQLite file. It does not migrate.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite://"); ok {
		return openSQLite(ctx, path, o)
	}
	if strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://") {
		return openPostgres(ctx, databaseURL, o)
	}
	return nil, errors.New("store: a database URL begins with sqlite:// or postgres://")
}

func gormConfig() *gorm.Config {
	return &gorm.Config{SkipDefaultTransaction: true, Logger: logger.Discard}
}

func openSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	if path == "" || strings.HasPrefix(path, ":") {
		return nil, errors.New("store: the SQLite URL names no file")
	}
	if err := prepareFile(path, o.Existing); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	readers := o.MaxOpenConns
	if readers == 0 {
		readers = max(4, runtime.GOMAXPROCS(0))
	}
	s := &Store{dialect: sqliteDialect(path)}
	// The writer comes first: it creates the file and sets its journal mode. What a savepoint needs to go back to
	// stays in memory.
	writer, err := s.openSQLitePool(ctx, path, 1, "_txlock=immediate&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, err
	}
	reader, err := s.openSQLitePool(ctx, path, readers, "_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.read, s.commit = reader, watched{&sharedCommit{db: writer}, &s.trouble}
	s.migrating = s.pools[0]
	return s, nil
}

// prepareFile makes folder and file for the owner alone; SQLite gives its other files the same mode.
func prepareFile(path string, existing bool) error {
	if existing {
		_, err := os.Stat(path)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- named by the settings
	if err != nil {
		return err
	}
	return file.Close()
}

func (s *Store) openSQLitePool(ctx context.Context, path string, conns int, extra string) (*gorm.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + extra
	connector, err := newSQLiteConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return s.addPool(ctx, pool, sqliteSQL{pool})
}

func openPostgres(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	cfg, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("store: the PostgreSQL URL cannot be read") // the driver's words may quote the password
	}
	for key, value := range map[string]string{
		"application_name":                    "parley",
		"synchronous_commit":                  "on",
		"statement_timeout":                   "20000",
		"idle_in_transaction_session_timeout": "20000",
	} {
		if _, given := cfg.RuntimeParams[key]; !given {
			cfg.RuntimeParams[key] = value
		}
	}
	conns := o.MaxOpenConns
	if conns == 0 {
		conns = 32
	}
	pool := sql.OpenDB(newPostgresConnector(*cfg))
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	s := &Store{dialect: postgresDialect(), migrating: pool}
	db, err := s.addPool(ctx, pool, postgres.New(postgres.Config{Conn: pool}))
	if err != nil {
		return nil, err
	}
	s.read, s.commit = db, watched{retriedCommit{db: db}, &s.trouble}
	return s, nil
}

func (s *Store) addPool(ctx context.Context, pool *sql.DB, dialector gorm.Dialector) (*gorm.DB, error) {
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: the database does not answer: %w", err), pool.Close())
	}
	s.pools = append(s.pools, pool)
	db, err := gorm.Open(dialector, gormConfig())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), s.Close())
	}
	return db, nil
}

// Close ends all connections. Nothing may be under way.
func (s *Store) Close() error {
	var errs []error
	for i := len(s.pools) - 1; i >= 0; i-- {
		errs = append(errs, s.pools[i].Close())
	}
	return errors.Join(errs...)
}

// Ping asks the database whether it answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, pool := range s.pools {
		if err := pool.PingContext(ctx); err != nil {
			return fmt.Errorf("store: the database does not answer: %w", err)
		}
	}
	return nil
}

// View reads outside transactions.
func (s *Store) View(ctx context.Context) chat.Reader { return reader{s.read.WithContext(ctx)} }

// Update runs fn in a transaction.
func (s *Store) Update(ctx context.Context, fn func(chat.Tx) error) error {
	return s.commit.run(ctx, func(db *gorm.DB) error { return fn(writer{reader{db}}) })
}
