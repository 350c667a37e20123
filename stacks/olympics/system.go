package olympics

import (
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

// System is the Olympics topic as something that an environment can switch on. The names of its bucket, databases, recipes and
// datasets are fixed, so an account and region hold it once.
func System() system.System {
	return system.System{
		Name: "olympics",
		Doc:  "Published files about the Olympic Games, cleansed by SQL and by DataBrew, and a QuickSight topic of which questions can be asked.",
		Once: true,
		New:  func() system.Settings { return &settings{} },
	}
}

// settings is the block olympics of an environment; see [Props] for the meaning.
type settings struct{ props Props }

func (s *settings) Fields() []config.Field {
	p := &s.props
	return []config.Field{
		{Name: "sampleData", Value: config.Flag{To: &p.SampleData},
			Doc: "Whether the invented files that ship with the project are put into the bucket. If left out, they are not."},
		{Name: "topic", Value: config.Flag{To: &p.Topic},
			Doc: "Whether there are datasets and a topic in QuickSight, which the account must have subscribed to with Q. Switch it on when data is there. If left out, there are none."},
		{Name: "readers", Value: config.Texts{To: &p.Readers, Each: config.Text{Pattern: group.String(), Want: "the name of a group of QuickSight"}},
			Doc: "Groups of QuickSight's default namespace that may ask the topic. If left out, nobody may."},
	}
}

func (s *settings) Check(doc *config.Document, path string) {
	doc.Want(s.props.Topic || len(s.props.Readers) == 0, path+".readers", s.props.Readers, "nobody without topic")
}

// Define has no workflow to run: views are there as soon as they are deployed, and DataBrew's jobs run when they are asked to.
func (s *settings) Define(place system.Place) []system.Workflow {
	props := s.props
	props.DestroyData, props.Env = place.DestroyData, place.Env()
	New(place.Scope, place.StackID("Olympics"), props)
	return nil
}
