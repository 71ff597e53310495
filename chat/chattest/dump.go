package chattest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	_ "modernc.org/sqlite"             // the driver
)

// Dump reads all that is in a database: of each table, those included that the database makes for itself, every row as
// text.
func Dump(tb testing.TB, url string) map[string][]string {
	tb.Helper()
	driver, source, list := "pgx", url, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, source, list = "sqlite", "file:"+path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it was read
	tables := map[string][]string{}
	for _, name := range texts(tb, db, list) {
		tables[name] = texts(tb, db, "SELECT * FROM "+name)
	}
	return tables
}

// texts reads a query's rows, each as one text.
func texts(tb testing.TB, db *sql.DB, query string) (list []string) {
	tb.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		tb.Fatal(query, ": ", err)
	}
	defer rows.Close() //nolint:errcheck // what matters is in rows.Err
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			tb.Fatal(err)
		}
		var fields []string
		for _, value := range values {
			switch v := (*value.(*any)).(type) {
			case []byte:
				fields = append(fields, string(v))
			default:
				fields = append(fields, fmt.Sprint(v))
			}
		}
		list = append(list, strings.Join(fields, "|"))
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}
