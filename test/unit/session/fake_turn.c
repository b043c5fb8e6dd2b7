#include "fake_turn.h"

#include "base/clock.h"
#include "base/ensure.h"

int64_t fake_wall_ms;
int64_t fake_mono_us;

int64_t clock_wall_ms(void) { return fake_wall_ms; }
int64_t clock_mono_ms(void) { return fake_mono_us / 1000; }
int64_t clock_mono_us(void) { return fake_mono_us; }

void fake_loop_init(struct loop *loop)
{
	list_init(&loop->tasks);
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
	if (task->armed)
		return;
	task->armed = true;
	list_append(&loop->tasks, &task->link);
}

void loop_defer_cancel(struct loop_task *task)
{
	if (!task->armed)
		return;
	task->armed = false;
	list_remove(&task->link);
}

void fake_loop_turn(struct loop *loop)
{
	struct list now, *link;

	list_init(&now);
	while ((link = list_pop(&loop->tasks)) != NULL)
		list_append(&now, link);
	while ((link = list_pop(&now)) != NULL) {
		struct loop_task *task = container_of(link, struct loop_task, link);

		task->armed = false;
		task->run(task);
	}
}
