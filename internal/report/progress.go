package report

import (
	"sync"
	"time"
)

// redraw is how often a board that runs by itself is drawn anew.
const redraw = 150 * time.Millisecond

// Progress is a [Board] that keeps its own tasks and clock: while they run, it is
// redrawn as time passes. Its methods may be called from several goroutines.
type Progress struct {
	mutex sync.Mutex
	board *Board
	tasks []Task
	since map[string]time.Time // when a task began to run
	quit  chan struct{}
	ended sync.WaitGroup
}

// NewProgress starts a board with a task that waits for each name. Call Finish when all is over.
func NewProgress(terminal Terminal, names ...string) *Progress {
	p := &Progress{board: NewBoard(terminal), since: map[string]time.Time{}, quit: make(chan struct{})}
	for _, name := range names {
		p.Add(name)
	}
	p.ended.Go(p.tick)
	return p
}

func (p *Progress) tick() {
	for {
		select {
		case <-p.quit:
			return
		case <-time.After(redraw):
			p.Change("", nil)
		}
	}
}

// Add puts a task that waits below the others.
func (p *Progress) Add(name string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.tasks = append(p.tasks, Task{Name: name})
}

// Change alters the task called name, if there is one, and shows all. The time that a
// task takes is counted from the change that makes it run.
func (p *Progress) Change(name string, alter func(*Task)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for i := range p.tasks {
		task := &p.tasks[i]
		if task.State == Running {
			task.Elapsed = time.Since(p.since[task.Name])
		}
		if task.Name != name {
			continue
		}
		before := task.State
		if alter(task); before != Running && task.State == Running {
			p.since[name] = time.Now()
		}
	}
	if len(p.tasks) > 0 {
		p.board.Show(p.tasks)
	}
}

// Tasks returns the tasks as they stand.
func (p *Progress) Tasks() []Task {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]Task(nil), p.tasks...)
}

// Finish stops the clock and draws the board for the last time. Tasks that still run
// are shown as failed, for whoever ran them has stopped.
func (p *Progress) Finish() {
	close(p.quit)
	p.ended.Wait()
	for i := range p.tasks {
		if p.tasks[i].State == Running {
			p.tasks[i].State = Failed
		}
	}
	p.board.Finish(p.tasks)
}
