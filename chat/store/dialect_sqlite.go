package store

import (
	"database/sql"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// sqliteSQL is gorm's dialect of SQLite over modernc.org/sqlite. The ready-made one for gorm brings a driver of its
// own, which compiles every statement anew for every use. There is no migrator: goose migrates.
type sqliteSQL struct{ pool *sql.DB }

var _ gorm.Dialector = sqliteSQL{}

// Name is what gorm knows the dialect by.
func (sqliteSQL) Name() string { return "sqlite" }

// Initialize makes gorm use the pool.
func (d sqliteSQL) Initialize(db *gorm.DB) error {
	db.ConnPool = d.pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	// There are no locks of rows, and none are needed: there is one writer.
	db.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {}
	return nil
}

// Migrator is none.
func (sqliteSQL) Migrator(*gorm.DB) gorm.Migrator { return nil }

// DataTypeOf is a migrator's question.
func (sqliteSQL) DataTypeOf(*schema.Field) string { return "" }

// DefaultValueOf lets the database count.
func (sqliteSQL) DefaultValueOf(*schema.Field) clause.Expression { return clause.Expr{SQL: "NULL"} }

// BindVarTo writes a parameter's place.
func (sqliteSQL) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) {
	_ = w.WriteByte('?') // it writes to memory
}

// QuoteTo writes a name. With SQLite's own quotes a column that does not exist would be read as a text.
func (sqliteSQL) QuoteTo(w clause.Writer, name string) {
	name = strings.ReplaceAll(name, "`", "``")
	_, _ = w.WriteString("`" + strings.ReplaceAll(name, ".", "`.`") + "`") // it writes to memory
}

// Explain shows a statement with its values.
func (sqliteSQL) Explain(statement string, values ...any) string {
	return logger.ExplainSQL(statement, nil, `'`, values...)
}
