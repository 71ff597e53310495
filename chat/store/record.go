package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"parley/chat"
)

// Single records are read, locked, added and saved by statements of a fixed text, made once of gorm's schema of the
// model. gorm itself builds a statement anew for each use and finds fields by name for each row, which took more of
// our time than the databases took of theirs. Queries of any other shape are gorm's.

// record is a model's table. Its statements number their parameters, which both databases understand.
type record[T any] struct {
	table   string
	key     column
	columns []column // the key first
	// counted tells that the database counts the keys.
	counted bool

	// Statements. The selection is the beginning of one, up to WHERE.
	selection, byID, lockByID, insertion, returning string
}

type column struct {
	name  string
	index []int // of the field
}

var (
	schemas sync.Map // gorm's
	records sync.Map // by the model's type
)

// recordOf finds a model's table. A model that gorm cannot read is a mistake in the program.
func recordOf[T any]() *record[T] {
	model := reflect.TypeFor[T]()
	if known, ok := records.Load(model); ok {
		return known.(*record[T])
	}
	parsed, err := schema.Parse(new(T), &schemas, schema.NamingStrategy{})
	if err != nil {
		panic(err)
	}
	key := parsed.PrioritizedPrimaryField
	r := &record[T]{
		table: parsed.Table, counted: key.AutoIncrement, key: column{key.DBName, key.StructField.Index},
	}
	r.columns = []column{r.key}
	for _, name := range parsed.DBNames {
		if name != r.key.name {
			r.columns = append(r.columns, column{name, parsed.FieldsByDBName[name].StructField.Index})
		}
	}
	r.selection = "SELECT " + names(r.columns) + " FROM " + r.table + " WHERE "
	r.byID = r.selection + r.key.name + " = $1"
	r.lockByID = r.byID + " FOR NO KEY UPDATE"
	places := make([]string, len(r.inserted()))
	for i := range places {
		places[i] = fmt.Sprint("$", i+1)
	}
	r.insertion = "INSERT INTO " + r.table + " (" + names(r.inserted()) + ") VALUES (" + strings.Join(places, ", ") + ")"
	r.returning = " RETURNING " + r.key.name
	known, _ := records.LoadOrStore(model, r)
	return known.(*record[T])
}

// inserted are the columns of a new record: a key that the database counts is not among them.
func (r *record[T]) inserted() []column {
	if r.counted {
		return r.columns[1:]
	}
	return r.columns
}

func names(columns []column) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.name
	}
	return strings.Join(list, ", ")
}

// byID reads the record with the key.
func byID[T any](db *gorm.DB, id any) (T, error) {
	r := recordOf[T]()
	return r.one(db, r.byID, id)
}

// oneWhere reads the record that meets a condition, whose text never differs.
func oneWhere[T any](db *gorm.DB, condition string, args ...any) (T, error) {
	r := recordOf[T]()
	return r.one(db, r.selection+condition, args...)
}

// lockByID reads the record with the key and keeps others from changing it until the transaction ends. SQLite, with
// its one writer, needs no such words and has none.
func lockByID[T any](w writer, id any) (T, error) {
	r := recordOf[T]()
	if w.db.Name() == "sqlite" {
		return r.one(w.db, r.byID, id)
	}
	return r.one(w.db, r.lockByID, id)
}

// insert adds a record and fills in a key that the database counts.
func insert[T any](w writer, added *T) error {
	r := recordOf[T]()
	if !r.counted {
		return run(w.db.Statement.Context, w.db, r.insertion, arguments(r.inserted(), added))
	}
	_, err := r.add(w.db, r.insertion+r.returning, arguments(r.inserted(), added), added)
	return err
}

// insertUnless does so unless the record has a value that must be another's alone, and tells whether it did. The
// database counts the key.
func insertUnless[T any](w writer, added *T) (bool, error) {
	r := recordOf[T]()
	return r.add(w.db, r.insertion+" ON CONFLICT DO NOTHING"+r.returning, arguments(r.inserted(), added), added)
}

// add runs an insertion and fills in the key that it returns, if any.
func (r *record[T]) add(db *gorm.DB, insertion string, args []any, added *T) (bool, error) {
	rows, err := db.Statement.ConnPool.QueryContext(db.Statement.Context, insertion, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	var id int64
	if err := rows.Scan(&id); err != nil {
		return false, err
	}
	reflect.ValueOf(added).Elem().FieldByIndex(r.key.index).SetInt(id)
	return true, rows.Close()
}

// insertLater adds a record at some time before the transaction's next statement. Its key stays unknown.
func insertLater[T any](w writer, added *T) error {
	r := recordOf[T]()
	return run(later(w.db.Statement.Context), w.db, r.insertion, arguments(r.inserted(), added))
}

// changes are a statement that sets some columns of a record.
type changes[T any] struct {
	statement string
	columns   []column // the key last
}

func changesOf[T any](set ...string) changes[T] {
	r, columns := recordOf[T](), columnsOf[T](set...)
	var places []string
	for i, name := range set {
		places = append(places, fmt.Sprint(name, " = $", i+1))
	}
	return changes[T]{
		statement: fmt.Sprint("UPDATE ", r.table, " SET ", strings.Join(places, ", "), " WHERE ", r.key.name, " = $", len(set)+1),
		columns:   append(columns, r.key),
	}
}

func columnsOf[T any](names ...string) []column {
	r := recordOf[T]()
	columns := make([]column, len(names))
	for i, name := range names {
		columns[i] = r.columns[slices.IndexFunc(r.columns, func(c column) bool { return c.name == name })]
	}
	return columns
}

// save sets the columns as they are in from, at some time before the transaction's next statement.
func (c changes[T]) save(w writer, from *T) error {
	return run(later(w.db.Statement.Context), w.db, c.statement, arguments(c.columns, from))
}

func run(ctx context.Context, db *gorm.DB, statement string, args []any) error {
	_, err := db.Statement.ConnPool.ExecContext(ctx, statement, args...)
	return err
}

// one reads the record that a query of all columns finds.
func (r *record[T]) one(db *gorm.DB, query string, args ...any) (T, error) {
	return r.oneAnd(db, query, args)
}

// oneAnd is one for a query of further columns, too.
func (r *record[T]) oneAnd(db *gorm.DB, query string, args []any, more ...any) (T, error) {
	var found T
	rows, err := db.Statement.ConnPool.QueryContext(db.Statement.Context, query, args...)
	if err != nil {
		return found, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return found, err
		}
		return found, chat.ErrNoRecord
	}
	if err := r.scan(rows, &found, more...); err != nil {
		return found, err
	}
	return found, rows.Close()
}

// withKeys reads the records that have one of the keys, in no order.
func withKeys[T any, K comparable](db *gorm.DB, keys []K) ([]T, error) {
	r := recordOf[T]()
	if db.Name() != "sqlite" {
		return r.many(db, r.selection+r.key.name+" = ANY($1)", keys)
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return r.many(db, r.selection+r.key.name+" IN (SELECT value FROM json_each($1))", string(list))
}

// many reads the records that a query of all columns finds.
func (r *record[T]) many(db *gorm.DB, query string, args ...any) ([]T, error) {
	rows, err := db.Statement.ConnPool.QueryContext(db.Statement.Context, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	values := r.values()
	for rows.Next() {
		var one T
		if err := r.scanInto(rows, values, &one); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, errors.Join(rows.Err(), rows.Close())
}

// values are room for a row, and the addresses of its places.
func (r *record[T]) values() []any {
	values := make([]any, 2*len(r.columns))
	for i := range r.columns {
		values[len(r.columns)+i] = &values[i]
	}
	return values
}

func (r *record[T]) scan(rows *sql.Rows, to *T, more ...any) error {
	return r.scanInto(rows, r.values(), to, more...)
}

func (r *record[T]) scanInto(rows *sql.Rows, values []any, to *T, more ...any) error {
	if err := rows.Scan(append(values[len(r.columns):], more...)...); err != nil {
		return err
	}
	target := reflect.ValueOf(to).Elem()
	for i, c := range r.columns {
		if err := set(target.FieldByIndex(c.index), values[i]); err != nil {
			return fmt.Errorf("%s.%s: %w", r.table, c.name, err)
		}
	}
	return nil
}

// set stores what a database gave: a number, a text, a truth, or nothing.
func set(field reflect.Value, value any) error {
	if field.Kind() == reflect.Pointer {
		if value == nil {
			field.SetZero()
			return nil
		}
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	switch v := value.(type) {
	case int64:
		switch {
		case field.CanInt():
			field.SetInt(v)
			return nil
		case field.Kind() == reflect.Bool: // SQLite has none
			field.SetBool(v != 0)
			return nil
		}
	case bool:
		if field.Kind() == reflect.Bool {
			field.SetBool(v)
			return nil
		}
	case string:
		if field.Kind() == reflect.String {
			field.SetString(v)
			return nil
		}
	}
	return fmt.Errorf("a %T is no %s", value, field.Type())
}

// get is the opposite of set.
func get(field reflect.Value) any {
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return nil
		}
		field = field.Elem()
	}
	switch {
	case field.CanInt():
		return field.Int()
	case field.Kind() == reflect.Bool:
		return field.Bool()
	default:
		return field.String()
	}
}

func arguments[T any](columns []column, from *T) []any {
	source := reflect.ValueOf(from).Elem()
	args := make([]any, len(columns))
	for i, c := range columns {
		args[i] = get(source.FieldByIndex(c.index))
	}
	return args
}
