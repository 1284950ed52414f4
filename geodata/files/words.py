"""The sentences of this room: what was found in a file, what was refused, and what a person does next."""

from __future__ import annotations

from layers.messages import Sentence, declare
from layers.spec import Label


def _said(zh: str, en: str, todo_zh: str = "", todo_en: str = "") -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en) if todo_zh else None)


_SAVE_AGAIN = ("重新导出或重新上传原文件", "Export or upload the original again")
_AS_KNOWN = ("改用 Shapefile、GeoPackage、GeoJSON、CSV 或 XLSX", "Use Shapefile, GeoPackage, GeoJSON, CSV or XLSX")
_NAME_CRS = ("向数据提供方核实坐标系，用 --crs EPSG:编号 指明", "Ask the data's keeper for its CRS and pass --crs EPSG:number")

declare(
    {
        # encodings
        "encoding-by-cpg": _said(".cpg 文件写明 {said}，且与内容相符", "The .cpg file says {said}, and the bytes agree"),
        "encoding-by-language-byte": _said(
            "DBF 语言标识 {said} 表示 {name}，且与内容相符", "The dBASE language byte {said} means {name}, and the bytes agree"
        ),
        "encoding-by-bom": _said("文件开头有 {name} 标记", "The file begins with the mark of {name}"),
        "encoding-by-zeros": _said("零字节的位置表明是 {name}", "The places of zero bytes show {name}"),
        "encoding-by-bytes": _said("按字节内容判断为 {name}", "Judged by its bytes: {name}"),
        "encoding-guessed": _said(
            "没有可信的说明，最接近 {name}",
            "Nothing reliable says it; {name} fits best",
            "请核对文字，不对时用 --encoding 指明",
            "Look at the text; pass --encoding when it is wrong",
        ),
        "encoding-given": _said("由使用者指定 {name}", "{name}, as given by the user"),
        "encoding-ascii": _said("只有 ASCII 字符，任何编码读来都一样", "Only ASCII characters: all encodings read them alike"),
        "encoding-by-format": _said("该格式的文字一律为 {name}", "The format keeps its text in {name}"),
        "encoding-unknown": _said(
            "无法判断文字编码（试过 {tried}；首个字节串 {sample}）",
            "The text's encoding cannot be told (tried {tried}; first bytes {sample})",
            "用 --encoding 指明，如 --encoding GBK",
            "Pass --encoding, e.g. --encoding GBK",
        ),
        "encoding-not-known": _said(
            "没有名为「{name}」的编码",
            "There is no encoding “{name}”",
            "写成 GBK、GB18030、UTF-8、Big5 等",
            "Write GBK, GB18030, UTF-8, Big5 ...",
        ),
        "encoding-does-not-fit": _said(
            "指定的 {name} 读不通：{share}% 的文字无法解码",
            "{name} as given does not fit: {share}% of the texts do not decode",
            "不加 --encoding 让系统判断，或换一种",
            "Leave --encoding away, or try another",
        ),
        "encoding-contradicted": _said(
            "文件说明的编码 {said} 与字节内容不符，改按内容判断",
            "The file says {said}, but the bytes do not agree; judged by the bytes",
            "请核对文字",
            "Look at the text",
        ),
        "encoding-doubtful": _said(
            "编码没有把握，各种读法：{readings}",
            "The encoding is in doubt; readings: {readings}",
            "请核对文字，不对时用 --encoding 指明",
            "Look at the text; pass --encoding when it is wrong",
        ),
        "cpg-unreadable": _said(
            ".cpg 文件不是编码名（「{text}」），未采用",
            "The .cpg file holds no encoding name (“{text}”) and was not used",
            "请核对文字",
            "Look at the text",
        ),
        "not-utf8": _said(
            "GeoJSON/CSV 不是 UTF-8，已按 {name} 读取", "The file is not UTF-8; it was read as {name}", "请核对文字", "Look at the text"
        ),
        "text-undecodable": _said(
            "字节 {bytes} 不是 {name} 文字",
            "The bytes {bytes} are not text in {name}",
            "在原软件中改正该行文字，或用 --encoding 指明编码",
            "Correct the row's text in its own program, or pass --encoding",
        ),
        "file-text-damaged": _said(
            "第 {line} 行有不能按 {name} 解码的字节",
            "Line {line} holds bytes that are not {name}",
            "用 --encoding 指明，或重新导出",
            "Pass --encoding, or export again",
        ),
        "encoding-mixed": _said(
            "文字编码混杂：第 {utf8} 行是 UTF-8，第 {others} 行不是",
            "The text mixes encodings: lines {utf8} are UTF-8, lines {others} are not",
            "在原软件中用同一种编码重新导出，或把两部分分成两个文件",
            "Export again in one encoding, or split the two parts into two files",
        ),
        "text-other-encoding": _said(
            "这一条的文字是 {other}，与全表的 {name} 不同，已按 {other} 读为「{text}」",
            "This record's text is {other}, unlike the table's {name}; it was read as {other}: “{text}”",
            "请核对文字",
            "Look at the text",
        ),
        "text-cut": _said(
            "文字在字段宽度 {width} 字节处被截断，去掉了残缺的末字：…{text}",
            "The text was cut at the field's {width} bytes; the broken last character was dropped: …{text}",
            "从原软件导出更宽的字段",
            "Export with a wider field",
        ),
        # coordinate reference systems and places
        "not-looked-at": _said("尚未判断", "Not looked at"),
        "crs-given": _said("由使用者指定 {crs}", "{crs}, as given by the user"),
        "crs-declared": _said("{by} 写明为 {name}", "{by} says {name}"),
        "crs-by-rfc7946": _said(
            "GeoJSON 未写坐标系，按 RFC 7946 为经纬度（CRS84）", "GeoJSON without a crs is longitude and latitude (CRS84) by RFC 7946"
        ),
        "crs-by-columns": _said("坐标列名表明是经纬度", "The columns' names say longitude and latitude"),
        "crs-assumed-here": _said(
            "文件没有可用的坐标系说明；坐标（如 {sample}）是本区附近的经纬度，按 CGCS2000 经纬度处理",
            "Nothing usable in the file says its CRS; its coordinates (e.g. {sample}) are degrees near the district: taken as CGCS2000 degrees",
            "不对时用 --crs 指明；如来自高德、百度，用 --datum 指明",
            "Pass --crs when that is wrong; --datum when they come from Amap or Baidu",
        ),
        "crs-assumed": _said(
            "文件没有可用的坐标系说明；坐标（如 {sample}）像经纬度，暂按 CGCS2000 经纬度处理，务必核实",
            "Nothing usable in the file says its CRS; its coordinates (e.g. {sample}) look like degrees and were taken as CGCS2000 degrees: make sure",
            *_NAME_CRS,
        ),
        "crs-not-needed": _said("没有坐标", "There are no coordinates"),
        "crs-not-known": _said(
            "不认识坐标系「{crs}」", "There is no CRS “{crs}”", "写成 EPSG:编号，如 EPSG:4546", "Write EPSG:number, e.g. EPSG:4546"
        ),
        "crs-no-way": _said("无法从「{crs}」换算", "There is no way to transform from “{crs}”", *_NAME_CRS),
        "crs-overruled": _said(
            "文件写明 {said}，按使用者指定的 {given} 处理", "The file says {said}; {given} was used, as given", "请核实", "Make sure"
        ),
        "crs-unreadable": _said("{by} 中的坐标系读不懂（{said}）", "The CRS in {by} cannot be understood ({said})", *_NAME_CRS),
        "crs-unknown": _said(
            "坐标系不明（文件自带的说明：{said}），坐标如 {sample}；落在本区附近的可能有：{candidates}",
            "The CRS is unknown: nothing usable says it ({said}), coordinates such as {sample}; these would fall near the district: {candidates}",
            *_NAME_CRS,
        ),
        "datum-without-parameters": _said(
            "坐标系「{crs}」到 CGCS2000 没有公开的精确参数，硬算会偏移几十至上百米",
            "From “{crs}” to CGCS2000 there are no exact public parameters; a guess would be off by tens of metres or more",
            "请由测绘部门用当地参数转换为 CGCS2000 后再导入",
            "Have the survey office convert it to CGCS2000 with local parameters first",
        ),
        "datum-held-equal": _said(
            "「{name}」的基准面未登记，按椭球视同 WGS84，可能有米级偏差",
            "The datum of “{name}” is not registered; by its ellipsoid it was held equal to WGS84, good to metres",
            "需要更准时用 --crs 指明",
            "Pass --crs when more is needed",
        ),
        "datum-named": _said("坐标列（{columns}）的名称提到 {datum}", "The columns ({columns}) name {datum}"),
        "datum-asked": _said(
            "坐标列（{columns}）的名称表明是偏移坐标 {datum}",
            "The columns ({columns}) say that the coordinates are shifted: {datum}",
            "确认后加 --datum {datum} 还原；如实为真实坐标，加 --datum wgs84",
            "Add --datum {datum} to undo the shift, or --datum wgs84 when they are true",
        ),
        "datum-not-known": _said(
            "没有名为「{datum}」的偏移", "There is no shift “{datum}”", "用 gcj02、bd09 或 wgs84", "Use gcj02, bd09 or wgs84"
        ),
        "crs-does-not-fit": _said(
            "按写明的坐标系（{said}）换算，坐标（如 {sample}）不在地球上，坐标系与坐标不是一回事；落在本区附近的可能有：{candidates}",
            "By the CRS said ({said}) coordinates such as {sample} are not on the earth, so the two do not belong together; these would fall near the district: {candidates}",
            *_NAME_CRS,
        ),
        "metres-called-degrees": _said(
            "写明为经纬度（{said}），坐标却超出经纬度范围（如 {sample}），应是米；落在本区附近的可能有：{candidates}",
            "Said to be degrees ({said}), but the coordinates are out of range (e.g. {sample}) and must be metres; these would fall near the district: {candidates}",
            *_NAME_CRS,
        ),
        "degrees-called-metres": _said(
            "写明为投影坐标（{said}），坐标却是经纬度（如 {sample}）",
            "Said to be projected ({said}), but the coordinates are degrees (e.g. {sample})",
            "核实后用 --crs EPSG:4490（或实际坐标系）指明",
            "Make sure and pass --crs EPSG:4490 (or what it really is)",
        ),
        "axes-swapped": _said(
            "横纵坐标颠倒（如 {sample}）：对调后才落在本区",
            "X and Y are swapped (e.g. {sample}): only the other way round they fall in the district",
            "在原软件中对调两列后再导入",
            "Swap the two in the source and load again",
        ),
        "row-axes-swapped": _said("横纵坐标颠倒：{x}, {y}", "X and Y are swapped: {x}, {y}", "对调两个坐标", "Swap the two"),
        "all-outside-district": _said(
            "全部 {count} 条都距{district} 50 公里以外（范围 {extent}）",
            "All {count} lie more than 50 km outside {district} (extent {extent})",
            "核对坐标系与文件；确要载入外地数据时加 --anywhere",
            "Check the CRS and the file; add --anywhere for data that is meant to lie elsewhere",
        ),
        "row-outside-district": _said(
            "位置 {lon}, {lat} 距{district} 50 公里以外",
            "{lon}, {lat} lies more than 50 km outside {district}",
            "核对坐标；确要载入外地数据时加 --anywhere",
            "Check the coordinates; add --anywhere for data that is meant to lie elsewhere",
        ),
        "outside-district": _said(
            "有 {count} 条在{district} 50 公里以外（范围 {extent}）",
            "{count} lie more than 50 km outside {district} (extent {extent})",
            "请核对坐标系；本就是外地数据则不必理会",
            "Check the CRS; nothing to do for data that are meant to lie there",
        ),
        "crs-may-be-wrong": _said(
            "写明的坐标系（{said}）多半有误：换成以下之一，这些坐标就落在本区附近：{candidates}",
            "The CRS said ({said}) is probably wrong: in one of these the same coordinates fall near the district: {candidates}",
            *_NAME_CRS,
        ),
        "position-not-read": _said(
            "坐标不是经度、纬度两个数",
            "A position is not two numbers, longitude and latitude",
            "写成 [109.8, 40.6]，数字不加引号",
            "Write [109.8, 40.6], numbers without quotes",
        ),
        "wkt-not-read": _said(
            "「{value}」不是 WKT 图形", "“{value}” is no shape in WKT", "写成 POINT (109.8 40.6) 之类", "Write POINT (109.8 40.6) or the like"
        ),
        "coordinate-outside-earth": _said(
            "坐标 {x}, {y} 不在地球上", "The coordinates {x}, {y} are not on the earth", "改正该条坐标", "Correct the coordinates"
        ),
        "coordinate-not-read": _said(
            "「{value}」不是坐标", "“{value}” is not a coordinate", "写成 109.5 或 109°34′30″", "Write 109.5 or 109°34′30″"
        ),
        # geometry
        "geometry-broken": _said(
            "图形不完整（{kind}）", "The shape is not whole ({kind})", "在原软件中改正该图形", "Correct the shape in its own program"
        ),
        "place-missing": _said(
            "这一条没有位置（图形或坐标是空的）",
            "The record has no place (its shape or its coordinates are empty)",
            "在原文件中补上图形或坐标",
            "Give it a shape or coordinates in the file",
        ),
        "geometry-repaired": _said(
            "图形无效（{reason_zh}），已修复；面积由 {before_m2} 变为 {after_m2} 平方米",
            "The shape was not valid ({reason}) and was repaired; area from {before_m2} to {after_m2} m2",
            "请在图上核对",
            "Look at it on the map",
        ),
        "ring-closed": _said(
            "面的边界没有闭合，已闭合", "The polygon's ring was not closed; it was closed", "请在图上核对", "Look at it on the map"
        ),
        "line-repaired": _said(
            "线无效（{reason_zh}），已修复", "The line was not valid ({reason}) and was repaired", "请在图上核对", "Look at it on the map"
        ),
        "geometry-beyond-repair": _said(
            "图形无效（{reason_zh}），无法修复", "The shape is not valid ({reason}) and cannot be repaired", "在原软件中重画", "Draw it again"
        ),
        "line-zero-length": _said("线的长度为零", "The line has no length", "删去或重画", "Remove it or draw it again"),
        "shape-kind-not-admitted": _said(
            "图形类型 {found}，需要 {wanted}",
            "The shape is a {found}, wanted is {wanted}",
            "转换图形类型（曲线先折线化），或载入别的图层",
            "Convert it (straighten curves first), or load it into another layer",
        ),
        "geometry-kind-differs": _said(
            "文件中的图形是{found_zh}，该图层需要{wanted_zh}",
            "The file has {found}, the layer wants {wanted}",
            "换一个图层，或用 --create 新建",
            "Choose another layer, or make a new one with --create",
        ),
        "shape-kind-unsupported": _said(
            "不支持图形类型 {kind}", "Shapes of type {kind} are not supported", "在原软件中转为面", "Convert them to polygons first"
        ),
        "zm-dropped": _said("高程（Z）、量测值（M）未保留（{kind}）", "Heights (Z) and measures (M) were dropped ({kind})"),
        "curves-straightened": _said(
            "曲线（{kind}）已折线化", "Curves ({kind}) were straightened", "请在图上核对", "Look at it on the map"
        ),
        "bare-geometry": _said("文件只有一个图形（{kind}），没有属性", "The file is a bare {kind} without attributes"),
        # packing and parts
        "no-such-file": _said("没有文件「{path}」", "There is no file “{path}”", "核对路径", "Check the path"),
        "not-a-file": _said("「{path}」不是文件或文件夹", "“{path}” is neither a file nor a folder", "核对路径", "Check the path"),
        "empty-file": _said("「{part}」是空文件（0 字节）", "“{part}” is empty (0 bytes)", *_SAVE_AGAIN),
        "empty-layer": _said("图层「{layer}」没有记录", "The layer “{layer}” has no records", *_SAVE_AGAIN),
        "file-too-large": _said(
            "文件 {size_mb} MB，最多 {limit_mb} MB", "The file is {size_mb} MB, at most {limit_mb} MB", "分成几个文件", "Split it"
        ),
        "file-truncated": _said(
            "文件 {part} 不完整：应有 {stated} 字节，只有 {there} 字节",
            "The file {part} is cut short: {stated} bytes stated, {there} there",
            *_SAVE_AGAIN,
        ),
        "records-missing": _said(
            "文件 {part} 不完整：写明有 {stated} 条记录，只有 {there} 条",
            "The file {part} is cut short: {stated} records stated, {there} there",
            *_SAVE_AGAIN,
        ),
        "file-damaged": _said("文件 {part} 已损坏（{said}）", "The file {part} is damaged ({said})", *_SAVE_AGAIN),
        "part-missing": _said(
            "缺少 {part}（现有 {there}）",
            "The {part} is missing (there: {there})",
            "把同名的 .shp、.shx、.dbf、.prj 一起提供",
            "Give the .shp, .shx, .dbf and .prj of that name together",
        ),
        "content-differs": _said(
            "「{path}」的内容不是 {promised}",
            "What is in “{path}” is not {promised}",
            "用正确的扩展名，或重新导出",
            "Give it its right extension, or export again",
        ),
        "format-unsupported": _said("不支持 {kind}（{path}）", "{kind} is not supported ({path})", *_AS_KNOWN),
        "format-unknown": _said("认不出「{path}」的格式", "The format of “{path}” is not known", *_AS_KNOWN),
        "packing-unsupported": _said(
            "不支持 {kind} 压缩（{path}）",
            "Packing by {kind} is not supported ({path})",
            "解压后再导入，或用 ZIP",
            "Unpack it first, or use ZIP",
        ),
        "nothing-usable": _said(
            "没有可导入的文件（没有 .shp 等；只有 {there}）", "Nothing here can be loaded (no .shp or the like; only {there})", *_AS_KNOWN
        ),
        "archive-damaged": _said("压缩包「{path}」已损坏或不完整", "The archive “{path}” is damaged or cut short", *_SAVE_AGAIN),
        "archive-encrypted": _said(
            "压缩包有密码（{member}）", "The archive is encrypted ({member})", "去掉密码后重新打包", "Pack it again without a password"
        ),
        "archive-nested": _said(
            "压缩包里还有压缩包（{member}）",
            "There is an archive inside the archive ({member})",
            "解开里层后再导入",
            "Unpack the inner one first",
        ),
        "archive-path": _said(
            "压缩包成员路径不安全（{member}）", "A member's path leads outside the archive ({member})", "重新打包", "Pack it again"
        ),
        "archive-link": _said(
            "压缩包里有链接（{member}）", "The archive holds a link ({member})", "重新打包，不含链接", "Pack it again without links"
        ),
        "archive-doubled": _said(
            "压缩包里有同名成员（{member}）", "Two members have the same name ({member})", "重新打包", "Pack it again"
        ),
        "archive-method": _said(
            "压缩方式不支持（{path}）",
            "The archive's compression is not supported ({path})",
            "用普通 ZIP（deflate）重新打包",
            "Pack it again as a plain ZIP (deflate)",
        ),
        "archive-too-large": _said(
            "压缩包 {size_mb} MB，最多 {limit_mb} MB", "The archive is {size_mb} MB, at most {limit_mb} MB", "分成几个", "Split it"
        ),
        "archive-bomb": _said(
            "解压后超过 {limit_mb} MB（{size_mb} MB）", "Unpacked it would be {size_mb} MB, more than {limit_mb} MB", "分成几个", "Split it"
        ),
        "archive-empty": _said("压缩包「{path}」里没有文件", "The archive “{path}” holds no file", *_SAVE_AGAIN),
        "too-many-entries": _said("有 {count} 个文件，最多 {limit} 个", "There are {count} files, at most {limit}", "分成几个", "Split it"),
        "xml-entities": _said(
            "「{path}」含 DOCTYPE 或实体定义，不予读取",
            "“{path}” has a DOCTYPE or entities and is not read",
            "去掉后再导入",
            "Remove them first",
        ),
        "shx-rebuilt": _said("缺少 .shx 或其已损坏，已由 .shp 重建", "The .shx was missing or damaged; it was rebuilt from the .shp"),
        "record-counts-differ": _said(
            ".shp 有 {shapes} 个图形，.dbf 有 {rows} 行",
            "The .shp has {shapes} shapes, the .dbf {rows} rows",
            "核对两者是否同一批导出",
            "Check that both come from one export",
        ),
        "no-attributes": _said("{part} 没有字段", "The {part} has no fields"),
        # reading
        "not-json": _said(
            "不是有效的 JSON（第 {line} 行第 {column} 列：{said}）", "Not valid JSON (line {line}, column {column}: {said})", *_SAVE_AGAIN
        ),
        "not-geojson": _said(
            "是 JSON，但不是 GeoJSON",
            "It is JSON, but not GeoJSON",
            "导出为 GeoJSON FeatureCollection",
            "Export it as a GeoJSON FeatureCollection",
        ),
        "too-deep": _said("嵌套超过 {limit} 层", "It is nested deeper than {limit}", *_SAVE_AGAIN),
        "not-a-table": _said("{part} 不是 dBASE 表", "The {part} is not a dBASE table", *_SAVE_AGAIN),
        "table-encrypted": _said("{part} 已加密", "The {part} is encrypted", "解密后再导入", "Decrypt it first"),
        "too-many-cells": _said("单元格超过 {limit} 个", "There are more than {limit} cells", "分成几个文件", "Split it"),
        "quote-open": _said(
            "第 {line} 行的引号没有闭合，其后各行都并进了这一格",
            "The quote opened in line {line} is never closed, so the lines after it belong to one cell",
            "补上或去掉这个引号",
            "Close the quote or remove it",
        ),
        "formula-not-calculated": _said(
            "有 {count} 格是公式而文件里没有计算结果（{cells}），按空白处理",
            "{count} cells are formulas whose results are not in the file ({cells}); they were taken as empty",
            "用 Excel 打开、保存后再导入",
            "Open and save it in Excel, then load it again",
        ),
        "merged-filled": _said(
            "合并单元格（{cells}）的值已填到所含的每一行",
            "The values of merged cells ({cells}) were filled into each row they span",
            "请核对",
            "Make sure",
        ),
        "workbook-locked": _said(
            "「{path}」有密码，或其实是旧式 .xls",
            "“{path}” has a password, or is an old .xls",
            "去掉密码，另存为 .xlsx",
            "Remove the password and save it as .xlsx",
        ),
        "cell-errors": _said(
            "表中有公式错误（第 {rows} 行），这些格按空白处理",
            "There are formula errors (rows {rows}); these cells were taken as empty",
            "在 Excel 中改正后再导入",
            "Correct them in Excel and load it again",
        ),
        "reader-died": _said("读取进程异常结束（{said}）", "The reader ended abnormally ({said})", *_SAVE_AGAIN),
        "reading-too-long": _said("读取超过 {limit_s} 秒", "Reading took more than {limit_s} s", "分成几个文件", "Split it"),
        "reading-too-large": _said("读取所需内存超过限额", "Reading needs more memory than allowed", "分成几个文件", "Split it"),
        "several-sublayers": _said(
            "其中有 {count} 个图层：{there}",
            "There are {count} layers: {there}",
            "用 --sublayer 名称 选定一个",
            "Choose one with --sublayer NAME",
        ),
        "no-such-sublayer": _said(
            "没有图层「{wanted}」，只有：{there}",
            "There is no layer “{wanted}”, only: {there}",
            "用 --sublayer 选定所列之一",
            "Choose one of those with --sublayer",
        ),
        "no-spatial-layer": _said("「{path}」里没有空间图层", "“{path}” has no layer with shapes", "核对文件", "Check the file"),
        "no-coordinate-columns": _said(
            "没有坐标列（有：{columns}）",
            "No column holds coordinates (there are: {columns})",
            "首行须是列名；加上 经度、纬度 两列，或 WKT 列",
            "The first row names the columns; add lon and lat, or WKT",
        ),
        "other-sublayers": _said("还有未选的图层：{there}", "Other layers were not chosen: {there}"),
        "column-doubled": _said(
            "列名「{column}」重复，后一个记为「{renamed}」", "The column “{column}” is there twice; the later one is called “{renamed}”"
        ),
        "column-not-read": _said("列「{column}」（类型 {type}）未读取", "The column “{column}” (type {type}) was not read"),
        "number-overflow": _said(
            "数值超出字段宽度 {width}，文件中只有 *",
            "The number did not fit its {width} bytes: the file has only *",
            "从原软件重新导出",
            "Export again with a wider field",
        ),
        "record-deleted": _said("该记录在文件中标为已删除", "The record is marked as deleted"),
        "row-empty": _said("空行", "The row is empty"),
        "row-too-long": _said(
            "有 {cells} 格，标题只有 {columns} 列",
            "It has {cells} cells, the header {columns}",
            "检查分隔符与引号；标题要占一行，每列都有名称",
            "Check delimiters and quotes; the header is one row with a name for each column",
        ),
        "row-doubled": _said("与第 {first} 条完全相同，跳过", "It is the same as record {first} and was passed over"),
        "times-local": _said("没有时区的时间按北京时间处理", "Times without a zone were taken as Beijing time"),
        # layers, fields and keys
        "load-no-layer": _said(
            "没有图层「{layer}」",
            "There is no layer “{layer}”",
            "用 onemap layers 查看，或加 --create 新建",
            "See onemap layers, or add --create to make it",
        ),
        "layer-name": _said(
            "「{name}」不能作图层标识",
            "“{name}” cannot be a layer's id",
            "用小写字母、数字和 _，如 {proposed}",
            "Use lower-case letters, digits and _, e.g. {proposed}",
        ),
        "layer-differs": _said(
            "图层「{layer}」已存在，且没有这些列：{columns}",
            "The layer “{layer}” is there already and has no field for: {columns}",
            "换一个名称，或不加 --create 并用 --map 对应",
            "Choose another name, or leave --create away and use --map",
        ),
        "layer-made": _said("新建图层「{layer}」，{fields} 个字段", "The layer “{layer}” was made, with {fields} fields"),
        "layer-would-be-made": _said("将新建图层「{layer}」，{fields} 个字段", "The layer “{layer}” would be made, with {fields} fields"),
        "measure-by-name": _said(
            "「{column}」按列名计作{measure}（单位 {unit}），影响区里会合计",
            "“{column}” is counted as {measure} by its name (unit {unit}): zones sum it",
            "不是就加 --measure {name}=none",
            "Pass --measure {name}=none if it is not",
        ),
        "measure-given": _said(
            "「{column}」按您所说计作{measure}（单位 {unit}）", "“{column}” is counted as {measure}, as you say (unit {unit})"
        ),
        "measure-not-new": _said(
            "图层「{layer}」已经有了，导入时不能改它的计数字段",
            "The layer “{layer}” is there already: a load does not change what its fields count",
            "去掉 --measure；要改用图层定义接口",
            "Leave --measure out; change the layer's definition instead",
        ),
        "measure-no-field": _said(
            "没有字段「{field}」可以计数", "There is no field “{field}” to count", "可用的字段：{there}", "Fields: {there}"
        ),
        "measure-no-number": _said(
            "字段「{field}」不全是数字，不能合计", "The field “{field}” is not all numbers and cannot be summed", "改正文件或不要计数", "Correct the file, or do not count it"
        ),
        "measure-unknown": _said("「{field}」不能计作「{measure}」", "“{field}” cannot be counted as “{measure}”", "可选：{known}", "One of: {known}"),
        "column-unmatched": _said(
            "列「{column}」没有对应字段，未载入",
            "No field takes the column “{column}”; it was not loaded",
            '需要时用 --map "{column}=字段" 指明',
            'Pass --map "{column}=field" when it is wanted',
        ),
        "nothing-mapped": _said(
            "没有一列能对应字段（列：{columns}；字段：{fields}）",
            "No column fits a field (columns: {columns}; fields: {fields})",
            "用 --map 列=字段 指明",
            "Pass --map column=field",
        ),
        "key-not-mapped": _said(
            "没有一列对应编号字段「{key}」，无法识别同一要素（未对应的列：{columns}）",
            "No column fills the key “{key}”, so features cannot be known again (unmatched: {columns})",
            "用 --map 列={key} 指明",
            "Pass --map column={key}",
        ),
        "key-missing": _said("没有编号（{key}）", "The key ({key}) is missing", "补填编号", "Fill it in"),
        "key-twice": _said(
            "编号 {value} 在第 {first} 条已出现，内容不同",
            "The key {value} stands in record {first} already, with other content",
            "改正其中一条",
            "Correct one of them",
        ),
        "map-no-column": _said(
            "--map：没有列「{column}」（有：{there}）",
            "--map: there is no column “{column}” (there are: {there})",
            "核对列名",
            "Check the name",
        ),
        "map-no-field": _said(
            "--map：没有字段「{field}」（有：{there}）",
            "--map: there is no field “{field}” (there are: {there})",
            "核对字段名",
            "Check the name",
        ),
        "export-format": _said(
            "不能导出为「{suffix}」", "Cannot export as “{suffix}”", "扩展名用 {there}", "Use one of the extensions {there}"
        ),
        "export-too-many": _said(
            "{count} 行，超过 {kind} 的 {limit} 行", "{count} rows are more than the {limit} of {kind}", "先筛选，或改用 CSV、GeoPackage", "Filter first, or take CSV or GeoPackage"
        ),
        "export-cell": _said(
            "有的图形写成文字超过一个单元格的 {limit} 字", "A shape as text is longer than the {limit} characters of a cell", "改用 GeoPackage 或 GeoJSON", "Take GeoPackage or GeoJSON"
        ),
        "export-no-shapes": _said(
            "图层「{layer}」没有图形，不能导出为 Shapefile", "Layer “{layer}” has no shapes, so it is no Shapefile", "改用 XLSX、CSV 或 GeoPackage", "Take XLSX, CSV or GeoPackage"
        ),
        "nothing-accepted": _said(
            "{count} 条记录没有一条可以载入", "None of the {count} records can be loaded", "按所列逐条改正", "Correct the records listed"
        ),
        "all-unchanged": _said("{count} 条与库中相同，没有变化", "All {count} are as stored: nothing changed"),
    }
)
