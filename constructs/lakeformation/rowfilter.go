package lakeformation

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/opcode"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the constants that the parser makes
)

// maxFilter is how long a row filter may be: "less than 2048 characters".
const maxFilter = 2047

var (
	quoted = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"`)

	// foreign is what MySQL has and SQL-92 has not, and comments, which no filter needs.
	foreign = regexp.MustCompile("&&|--|/\\*|#|`|!(?:[^=]|$)|;")
)

// filterColumns parses a row filter and returns the columns that it compares, or an
// error that says in a few words why Lake Formation would refuse it.
//
// The parser is TiDB's: pure Go, kept by a company that lives of it, 6 ms a process. With
// ANSI quotes its grammar and SQL-92's agree on the subset of PartiQL that Lake Formation
// takes, and everything beyond the subset is refused here by the kind of node. (PostgreSQL's
// own parser without cgo is WebAssembly, which each process compiles for three seconds.)
func filterColumns(filter string) ([]string, error) {
	if other := foreign.FindString(quoted.ReplaceAllString(filter, "''")); other != "" {
		return nil, fmt.Errorf("%q, which SQL-92 does not have", other)
	}
	p := parser.New()
	p.SetSQLMode(mysql.ModeANSIQuotes | mysql.ModePipesAsConcat | mysql.ModeNoBackslashEscapes)
	statement, err := p.ParseOneStmt("SELECT 1 FROM t WHERE (\n"+filter+"\n)", "", "")
	if err != nil {
		return nil, fmt.Errorf("no SQL: %s", stopped(err, filter))
	}
	query, ok := statement.(*ast.SelectStmt)
	if !ok {
		return nil, fmt.Errorf("no expression")
	}
	f := &rowFilter{}
	if err := f.boolean(query.Where); err != nil {
		return nil, err
	}
	return f.columns, nil
}

// stopped shortens the parser's message to the text at which it stopped.
func stopped(err error, filter string) string {
	_, rest, found := strings.Cut(err.Error(), ` near "`)
	rest = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), `"`))
	rest = strings.TrimSpace(strings.TrimSuffix(rest, ")"))
	if !found || rest == "" || !strings.Contains(filter, strings.Split(rest, "\n")[0]) {
		return "it ends too early"
	}
	return fmt.Sprintf("it cannot be read from %q on", strings.Split(rest, "\n")[0])
}

// A rowFilter collects the columns of a filter while its tree is walked.
type rowFilter struct{ columns []string }

// boolean accepts a node that is true or false for a row.
func (f *rowFilter) boolean(node ast.ExprNode) error {
	switch n := node.(type) {
	case *ast.ParenthesesExpr:
		return f.boolean(n.Expr)
	case *ast.UnaryOperationExpr:
		if n.Op == opcode.Not {
			return f.boolean(n.V)
		}
	case *ast.BinaryOperationExpr:
		return f.binary(n)
	case *ast.BetweenExpr:
		return f.compared(n.Expr, n.Left, n.Right)
	case *ast.PatternInExpr:
		if n.Sel != nil {
			return fmt.Errorf("a query within the filter")
		}
		return f.compared(n.Expr, n.List...)
	case *ast.PatternLikeOrIlikeExpr:
		if n.IsLike {
			return f.compared(n.Expr, n.Pattern)
		}
	case *ast.IsNullExpr:
		return f.column(n.Expr)
	}
	return refused(node)
}

func (f *rowFilter) binary(n *ast.BinaryOperationExpr) error {
	switch n.Op {
	case opcode.LogicAnd, opcode.LogicOr:
		if err := f.boolean(n.L); err != nil {
			return err
		}
		return f.boolean(n.R)
	case opcode.EQ, opcode.NE, opcode.LT, opcode.LE, opcode.GT, opcode.GE:
		return f.compared(n.L, n.R)
	}
	return refused(n)
}

// compared accepts a column and constants.
func (f *rowFilter) compared(column ast.ExprNode, constants ...ast.ExprNode) error {
	if err := f.column(column); err != nil {
		return err
	}
	for _, c := range constants {
		if _, isColumn := bare(c).(*ast.ColumnNameExpr); isColumn {
			return fmt.Errorf("a comparison of two columns")
		}
		if !isConstant(bare(c)) {
			return refused(c)
		}
	}
	return nil
}

func (f *rowFilter) column(node ast.ExprNode) error {
	name, ok := bare(node).(*ast.ColumnNameExpr)
	if !ok {
		if isConstant(bare(node)) {
			return fmt.Errorf("a constant on the left, where a column belongs")
		}
		return refused(node)
	}
	f.columns = append(f.columns, name.Name.Name.O) // a nested one is refused by its own name below the first
	if name.Name.Table.O != "" {
		f.columns[len(f.columns)-1] = name.Name.Table.O
	}
	return nil
}

func bare(node ast.ExprNode) ast.ExprNode {
	for {
		inner, ok := node.(*ast.ParenthesesExpr)
		if !ok {
			return node
		}
		node = inner.Expr
	}
}

// isConstant accepts numbers with a sign, texts, booleans and dates.
func isConstant(node ast.ExprNode) bool {
	switch n := node.(type) {
	case ast.ValueExpr:
		return true
	case *ast.UnaryOperationExpr:
		return (n.Op == opcode.Minus || n.Op == opcode.Plus) && isConstant(bare(n.V))
	}
	return false
}

// refused says what kind of thing stands where none belongs.
func refused(node ast.ExprNode) error {
	switch n := bare(node).(type) {
	case *ast.FuncCallExpr:
		return fmt.Errorf("the function %s", n.FnName.O)
	case *ast.AggregateFuncExpr:
		return fmt.Errorf("the aggregate %s", n.F)
	case *ast.FuncCastExpr:
		return fmt.Errorf("a cast")
	case *ast.SubqueryExpr, *ast.ExistsSubqueryExpr, *ast.CompareSubqueryExpr:
		return fmt.Errorf("a query within the filter")
	case *ast.ColumnNameExpr:
		return fmt.Errorf("a column where a comparison belongs")
	case ast.ValueExpr:
		return fmt.Errorf("a constant where a comparison belongs")
	case *ast.BinaryOperationExpr, *ast.UnaryOperationExpr:
		return fmt.Errorf("arithmetic")
	case *ast.CaseExpr:
		return fmt.Errorf("a CASE")
	}
	return fmt.Errorf("an operator that Lake Formation does not have")
}
