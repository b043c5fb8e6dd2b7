/* The help of `rxcirc agency codes`. */
#include "client-sdk/cli/codes.h"

#define SYNOPSIS \
	"rxcirc agency codes import KIND FILE --label LABEL --as FOLDER\n" \
	"        [--from TIME] [--source TEXT]\n" \
	"rxcirc agency codes versions KIND --as FOLDER\n" \
	"rxcirc agency codes query KIND --as FOLDER\n" \
	"        [--code PREFIX] [--name PART] [--at TIME] [--label LABEL] [--limit N]\n" \
	"rxcirc agency codes export KIND --as FOLDER [--at TIME] [--label LABEL]\n" \
	"rxcirc agency codes diff KIND LABEL LABEL --as FOLDER\n" \
	"rxcirc agency codes withdraw KIND LABEL --reason TEXT --as FOLDER\n\n"
#define SYNOPSIS_ZH \
	"rxcirc agency codes import 类别 文件 --label 标签 --as 目录\n" \
	"        [--from 时间] [--source 来源]\n" \
	"rxcirc agency codes versions 类别 --as 目录\n" \
	"rxcirc agency codes query 类别 --as 目录\n" \
	"        [--code 编码前缀] [--name 名称片段] [--at 时间] [--label 标签] [--limit 条数]\n" \
	"rxcirc agency codes export 类别 --as 目录 [--at 时间] [--label 标签]\n" \
	"rxcirc agency codes diff 类别 标签 标签 --as 目录\n" \
	"rxcirc agency codes withdraw 类别 标签 --reason 原因 --as 目录\n\n"
#define KINDS \
	"KIND is drugs, diagnoses, departments, consultation-items, frequencies, routes or calendar."
#define KINDS_ZH \
	"类别为 drugs（药品）、diagnoses（诊断）、departments（科室）、consultation-items（诊查项目）、\n" \
	"frequencies（用药频次）、routes（用药途径）或 calendar（工作日历）。"

const char codes_synopsis[] = SYNOPSIS KINDS;
const char codes_synopsis_zh[] = SYNOPSIS_ZH KINDS_ZH;

const char codes_help[] = SYNOPSIS KINDS "\n"
	"query and export give rows of the version in effect now, at --at, or named --label, as the\n"
	"import takes them; any registered caller's FOLDER will do. diff names two published\n"
	"versions, the older first. withdraw takes back one that is not in effect yet.\n\n"
	"Example:\n"
	"  rxcirc agency codes export drugs --at 2026-11-01 --as prov/institutions/H14010500321";
const char codes_help_zh[] = SYNOPSIS_ZH KINDS_ZH "\n"
	"query 与 export 给出现行、--at 时间或 --label 版本的行，格式与导入相同；任何已登记的调用方\n"
	"目录均可。diff 给出两个已发布的版本，旧的在前。withdraw 撤回尚未生效的版本。\n\n"
	"示例：\n"
	"  rxcirc agency codes export drugs --at 2026-11-01 --as prov/institutions/H14010500321";

const char codes_import_help[] = SYNOPSIS KINDS "\n"
	"The file is checked whole before anything is sent. The version is loaded unseen and then\n"
	"published: in effect on every server node from --from on, at once without it. An import\n"
	"that broke off goes on when the same command is run again. What changed is told.\n\n"
	"Example:\n"
	"  rxcirc agency codes import drugs drugs-2026-12.csv --label 2026-12 --from 2026-12-01 \\\n"
	"      --as prov/officers/registrar";
const char codes_import_help_zh[] = SYNOPSIS_ZH KINDS_ZH "\n"
	"先整体检查文件，再发送。版本在发布前不可见；发布后自 --from 起在全部服务节点生效，未给出\n"
	"--from 时立即生效。中断后重复执行同一命令即继续。完成后报告变更内容。\n\n"
	"示例：\n"
	"  rxcirc agency codes import drugs drugs-2026-12.csv --label 2026-12 --from 2026-12-01 \\\n"
	"      --as prov/officers/registrar";
