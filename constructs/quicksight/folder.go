package quicksight

import (
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// FolderProps describes a [Folder].
type FolderProps struct {
	ID     string   // unique in the account and region; letters, digits, hyphens, underscores
	Name   string   // 1 to 200 characters
	Parent *Folder  // the folder that it stands in; nil at the top
	Access []Access // who may see, fill and own it. What somebody may do with a folder goes for all in it

	// Restricted says that what stands in the folder can never leave it.
	Restricted bool

	// Namespaces says that only users of the folder's own namespace can be given rights to it, in place of users of the
	// whole account.
	Namespaces bool
}

// Folder is a shared folder of data sources, datasets, topics, analyses and dashboards.
type Folder struct {
	Construct constructs.Construct
	ID        string
}

// NewFolder defines a folder in scope. It panics with the error of [FolderProps.Validate] if
// the props are not sound.
func NewFolder(scope constructs.Construct, id string, props FolderProps) *Folder {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	f := &Folder{Construct: constructs.NewConstruct(scope, &id), ID: props.ID}
	kind, sharing := "SHARED", "ACCOUNT"
	if props.Restricted {
		kind = "RESTRICTED"
	}
	if props.Namespaces {
		sharing = "NAMESPACE"
	}
	parent := ""
	if props.Parent != nil {
		parent = arn("folder/" + props.Parent.ID)
	}
	made := asset(f.Construct, folderKind, jsontree.Object("FolderId", props.ID, "Name", props.Name, "FolderType", kind, "SharingModel", sharing, "ParentFolderArn", parent), props.Access)
	if props.Parent != nil {
		made.Node().AddDependency(props.Parent.Construct)
	}
	return f
}

// Validate reports every fault in the props as a [check.Fault].
func (p FolderProps) Validate() error {
	faults := check.Of("quicksight.FolderProps")
	checkID(faults, p.ID)
	faults.Want(p.Name != "" && len(p.Name) <= 200, "Name", p.Name, "1 to 200 characters")
	checkAccess(faults, folderKind, p.Access)
	return faults.Err()
}
