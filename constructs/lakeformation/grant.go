package lakeformation

// Action is what may be done, as Lake Formation calls it.
type Action string

// The actions; which resources take which is in [Grant].
const (
	All                Action = "ALL" // every action there is on the resource; the console says Super
	Alter              Action = "ALTER"
	Associate          Action = "ASSOCIATE"
	CreateCatalog      Action = "CREATE_CATALOG"
	CreateDatabase     Action = "CREATE_DATABASE"
	CreateLFTag        Action = "CREATE_LF_TAG"
	CreateTable        Action = "CREATE_TABLE"
	DataLocationAccess Action = "DATA_LOCATION_ACCESS"
	Delete             Action = "DELETE"
	Describe           Action = "DESCRIBE"
	Drop               Action = "DROP"
	GrantWithLFTag     Action = "GRANT_WITH_LF_TAG_EXPRESSION"
	Insert             Action = "INSERT"
	Select             Action = "SELECT"
)

// actionsOn are the actions that Lake Formation takes on each kind of resource:
// https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html.
var actionsOn = map[kind][]Action{
	catalogKind:  {CreateCatalog, CreateDatabase, CreateLFTag},
	databaseKind: {All, Alter, CreateTable, Describe, Drop},
	tableKind:    {All, Alter, Delete, Describe, Drop, Insert, Select},
	columnsKind:  {Select},
	rowsKind:     {Describe, Drop, Select},
	linkKind:     {Describe, Drop},
	locationKind: {DataLocationAccess},
	tagKind:      {Alter, Associate, Describe, Drop, GrantWithLFTag},
	taggedTables: {All, Alter, Delete, Describe, Drop, Insert, Select},
	taggedBases:  {All, Alter, CreateTable, Describe, Drop},
}

// Grant lets a principal do something. It is written from left to right: the resource,
// the principal, the action, e.g. cases.Grant(analyst).Select().
type Grant struct {
	To      Principal
	On      Resource
	Actions []Action // at least one, each once, of those that the resource takes

	// WithOption lets the principal grant the same to others.
	WithOption bool
}

// Granting is a grant that lacks its actions.
type Granting struct {
	to Principal
	on Resource
}

// Grant begins a grant to a principal.
func (r Catalog) Grant(to Principal) Granting { return Granting{to, r} }

// Grant begins a grant to a principal.
func (r Database) Grant(to Principal) Granting { return Granting{to, r} }

// Grant begins a grant to a principal; on columns and rows it can only be to select.
func (r Table) Grant(to Principal) Granting { return Granting{to, r} }

// Grant begins a grant to a principal.
func (r Tables) Grant(to Principal) Granting { return Granting{to, r} }

// Grant begins a grant to a principal.
func (r Location) Grant(to Principal) Granting { return Granting{to, r} }

// Grant begins a grant on the tag itself, not on what bears it; see [TablesTagged].
func (r Tag) Grant(to Principal) Granting { return Granting{to, r} }

// Grant begins a grant to a principal.
func (r Tagged) Grant(to Principal) Granting { return Granting{to, r} }

// Select lets the principal read data.
func (g Granting) Select() Grant { return g.Allow(Select) }

// Describe lets the principal see the definition, and that there is such a thing.
func (g Granting) Describe() Grant { return g.Allow(Describe) }

// Use lets the principal make tables and databases whose data is at the location.
func (g Granting) Use() Grant { return g.Allow(DataLocationAccess) }

// All lets the principal do everything there is on the resource.
func (g Granting) All() Grant { return g.Allow(All) }

// Allow lets the principal do any of the actions.
func (g Granting) Allow(actions ...Action) Grant {
	return Grant{To: g.to, On: g.on, Actions: actions}
}

// WithGrantOption is the grant, with the right to grant the same to others.
func (g Grant) WithGrantOption() Grant {
	g.WithOption = true
	return g
}
