// SPDX-License-Identifier: GPL-2.0
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine.h"
#include "parse.h"

/* What a double holds to the unit: 8 PiB. */
#define EXACT		9007199254740992.0

static const char *const names[] = {
	[MACHINE_RAM] = "ram",
	[MACHINE_THP] = "thp",
	[MACHINE_ZERO] = "zero",
	[MACHINE_TABLES] = "tables",
	[MACHINE_DEPOSIT] = "deposit",
	[MACHINE_GAIN] = "gain",
	[MACHINE_MAX] = "max",
	[MACHINE_PROCESSES] = "processes",
	[MACHINE_UNREAD] = "unread",
};

static void add_text(cJSON *object, const char *name, char *text)
{
	if (text)
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
	free(text);
}

static void add_system(cJSON *object, const struct survey *survey)
{
	const struct row *row = &survey->system;
	uint64_t gain = cost_gain(&survey->kernel, &row->cost);
	const struct figure figures[MACHINE_FIGURES] = {
		[MACHINE_RAM] = { survey->kernel.ram, survey->kernel.ram },
		[MACHINE_THP] = { true, row->cost.thp },
		[MACHINE_ZERO] = { row_zero_known(row), row->cost.zero },
		[MACHINE_TABLES] = { !row->tables_unknown, row->cost.tables },
		[MACHINE_DEPOSIT] = { true, cost_deposit(&survey->kernel, &row->cost) },
		[MACHINE_GAIN] = { true, gain },
		[MACHINE_MAX] = { !row->cost.unbounded, gain + row->cost.unseen },
		[MACHINE_PROCESSES] = { !row->counted, row->processes },
		[MACHINE_UNREAD] = { !row->counted, row->unread },
	};

	for (int i = 0; i < MACHINE_FIGURES; i++) {
		if (figures[i].known)
			cJSON_AddNumberToObject(object, names[i], (double)figures[i].value);
		else
			cJSON_AddNullToObject(object, names[i]);
	}
}

char *machine_print(const struct root *root, const char *version, const struct kernel *kernel,
		    const struct survey *survey)
{
	cJSON *object = cJSON_CreateObject();
	time_t now = time(NULL);
	char utc[32], *text;

	strftime(utc, sizeof(utc), "%FT%TZ", gmtime(&now));
	add_text(object, "host", line_at(root->proc, "sys/kernel/hostname"));
	cJSON_AddStringToObject(object, "time", utc);
	cJSON_AddStringToObject(object, "version", version);
	add_text(object, "kernel", line_at(root->proc, "sys/kernel/osrelease"));
	cJSON_AddBoolToObject(object, "deposits", kernel->hash || !kernel->changed);
	cJSON_AddNumberToObject(object, "page_size", (double)kernel->page);
	cJSON_AddNumberToObject(object, "thp_size", (double)kernel->thp);
	cJSON_AddNumberToObject(object, "table_size", (double)kernel->table);
	if (survey)
		add_system(cJSON_AddObjectToObject(object, "system"), survey);
	text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return text;
}

static char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? strdup(item->valuestring) : NULL;
}

static int read_machine(const cJSON *document, struct machine *machine)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(document, "machine");
	const cJSON *deposits = cJSON_GetObjectItemCaseSensitive(object, "deposits");
	const cJSON *system = cJSON_GetObjectItemCaseSensitive(object, "system");

	if (!cJSON_IsObject(object) || !cJSON_IsBool(deposits))
		return -EINVAL;
	if (!cJSON_IsObject(system))
		return -ENOMSG;
	for (int i = 0; i < MACHINE_FIGURES; i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(system, names[i]);

		/* Another version may know fewer of them. */
		if (!item || cJSON_IsNull(item))
			continue;
		if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= EXACT))
			return -EINVAL;
		machine->figures[i] = (struct figure){ true, (uint64_t)item->valuedouble };
	}
	machine->deposits = cJSON_IsTrue(deposits);
	machine->host = text_of(object, "host");
	machine->time = text_of(object, "time");
	machine->kernel = text_of(object, "kernel");
	return 0;
}

int machine_parse(const char **text, const char *end, struct machine *machine)
{
	const char *start = *text;
	cJSON *document;
	int error;

	*machine = (struct machine){ 0 };
	while (start < end && strchr(" \t\r\n", *start))
		start++;
	if (start == end)
		return -ENODATA;
	document = cJSON_ParseWithLengthOpts(start, end - start, text, 0);
	if (!document)
		return -EINVAL;
	error = read_machine(document, machine);
	cJSON_Delete(document);
	return error;
}

void machine_free(struct machine *machine)
{
	free(machine->host);
	free(machine->time);
	free(machine->kernel);
}
