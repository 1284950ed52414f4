"""The sentences of a report: what was found in a file and why, and what became of its rows."""

from __future__ import annotations

from geodata.files.words import CHANGE_CRS, CHANGE_ENCODING, TO_SAY_CRS, said
from layers.messages import declare

declare(
    {
        # encodings
        "encoding-by-cpg": said(".cpg 文件写明 {said}，且与内容相符", "The .cpg file says {said}, and the bytes agree"),
        "encoding-by-charset": said("文件写明字符集 {said}，且与内容相符", "The file names the charset {said}, and the bytes agree"),
        "encoding-by-language-byte": said(
            "DBF 语言标识 {said} 表示 {name}，且与内容相符", "The dBASE language byte {said} means {name}, and the bytes agree"
        ),
        "encoding-by-bom": said("文件开头有 {name} 标记", "The file begins with the mark of {name}"),
        "encoding-by-zeros": said("零字节的位置表明是 {name}", "The places of zero bytes show {name}"),
        "encoding-by-bytes": said("按字节内容判断为 {name}", "Judged by its bytes: {name}"),
        "encoding-guessed": said(
            "没有可信的说明，最接近 {name}",
            "Nothing reliable says it; {name} fits best",
            "请核对文字，不对时用 --encoding 指明",
            "Look at the text; pass --encoding when it is wrong",
            *CHANGE_ENCODING,
        ),
        "encoding-given": said("由使用者指定 {name}", "{name}, as given by the user"),
        "encoding-ascii": said("只有英文字母、数字和符号，哪种编码读来都一样", "Only English letters, digits and signs: all encodings read them alike"),
        "encoding-by-format": said("该格式的文字一律为 {name}", "The format keeps its text in {name}"),
        "encoding-contradicted": said(
            "文件说明的编码 {said} 与字节内容不符，改按内容判断",
            "The file says {said}, but the bytes do not agree; judged by the bytes",
            "请核对文字",
            "Look at the text",
        ),
        "encoding-doubtful": said(
            "编码没有把握，各种读法：{readings}",
            "The encoding is in doubt; readings: {readings}",
            "请核对文字，不对时用 --encoding 指明",
            "Look at the text; pass --encoding when it is wrong",
            *CHANGE_ENCODING,
        ),
        "cpg-unreadable": said(
            ".cpg 文件不是编码名（「{text}」），未采用",
            "The .cpg file holds no encoding name (“{text}”) and was not used",
            "请核对文字",
            "Look at the text",
        ),
        "not-utf8": said(
            "文件不是 UTF-8，已按 {name} 读取", "The file is not UTF-8; it was read as {name}", "请核对文字", "Look at the text"
        ),
        "text-undecodable": said(
            "字节 {bytes} 不是 {name} 文字",
            "The bytes {bytes} are not text in {name}",
            "在原软件中改正该行文字，或用 --encoding 指明编码",
            "Correct the row's text in its own program, or pass --encoding",
            "填写这一格；很多行都这样时，在「编码」一行点「更改」",
            "Fill the value in; when many rows are so, press “change” beside the encoding",
        ),
        "text-other-encoding": said(
            "这一条的文字是 {other}，与全表的 {name} 不同，已按 {other} 读为「{text}」",
            "This record's text is {other}, unlike the table's {name}; it was read as {other}: “{text}”",
            "请核对文字",
            "Look at the text",
        ),
        "row-header": said("这一行是列名的重复，不是一条记录", "This row says the column names again and is no record"),
        "row-numbers": said("这一行是列的序号（1、2、3…），不是一条记录", "This row numbers the columns (1, 2, 3 ...) and is no record"),
        "row-units": said("这一行是各列的单位，已并入列名", "This row gives the units of the columns; they were added to their names"),
        "rows-empty": said("有 {count} 个空行，未逐行列出", "There are {count} empty rows, not listed one by one"),
        "digits-shortened": said(
            "「{column}」有 {count} 个值是科学计数（如 {text}），像是表格软件缩短的长编号，末尾数字已经丢失",
            "{count} values of “{column}” are in scientific notation (e.g. {text}), as a spreadsheet shortens long codes: their last digits are gone",
            "在表格里把该列设为「文本」或「数值、0 位小数」后重新导出",
            "Format the column as text, or as a number without decimals, and export it again",
        ),
        "dates-as-numbers": said(
            "「{column}」里是表格软件的日期序号（如 {text}，多半是 {day}），不是日期",
            "“{column}” holds a spreadsheet's numbers of days (e.g. {text}, most likely {day}), not dates",
            "在表格里把该列设为「日期」后重新导出",
            "Format the column as a date and export it again",
        ),
        "digits-lost": said(
            "有 {count} 个数字超过 15 位（第 {rows} 行），Excel 只记得前 15 位，后面的数字已经不对",
            "{count} numbers have more than 15 digits (rows {rows}); Excel keeps 15 of them, so the rest is not right",
            "在原软件里把该列设为「文本」再录入或导出",
            "Keep that column as text in the source and export it again",
        ),
        "sheets-hidden": said("隐藏的工作表没有读：{there}", "Hidden sheets were not read: {there}"),
        "keys-doubled": said(
            "「{name}」在同一个对象里写了不止一次（{count} 处），取的是最后一个",
            "“{name}” stands more than once in one object ({count} times); the last one was taken",
            "核对这些属性",
            "Check these properties",
        ),
        "coordinates-zero": said(
            "有 {count} 条的坐标里有 0, 0（第 {rows} 条），多半是没有填写", "{count} records have a 0, 0 among their coordinates (records {rows}), most likely never filled in",
            "核对这些位置", "Check these places",
        ),
        "coordinate-zero": said("坐标里有 0, 0，多半是没有填写", "There is a 0, 0 among the coordinates, most likely never filled in", "补上坐标；没有就留空", "Give the coordinates, or leave them empty"),
        "text-garbled": said(
            "「{column}」至少有 {count} 个值像是早先就存错了的乱码：「{text}」多半原是「{was}」",
            "At least {count} values of “{column}” look garbled before they came into the file: “{text}” was most likely “{was}”",
            "向提供方要原始文件，用正确的编码重新导出",
            "Ask its keeper for the original and export it in the right encoding",
        ),
        "column-garbled": said(
            "列名「{column}」像是乱码，多半原是「{was}」",
            "The column name “{column}” looks garbled; it was most likely “{was}”",
            "向提供方要原始文件，用正确的编码重新导出",
            "Ask its keeper for the original and export it in the right encoding",
        ),
        "text-lost": said(
            "「{column}」至少有 {count} 个值只剩问号（「{text}」），文字在导出时已经丢了",
            "At least {count} values of “{column}” are nothing but question marks (“{text}”): the text was lost on export",
            "用 UTF-8 或 GBK 重新导出",
            "Export it again in UTF-8 or GBK",
        ),
        "text-cut": said(
            "文字在字段宽度 {width} 字节处被截断，去掉了残缺的末字：…{text}",
            "The text was cut at the field's {width} bytes; the broken last character was dropped: …{text}",
            "从原软件导出更宽的字段",
            "Export with a wider field",
        ),
        # coordinate reference systems and places
        "not-looked-at": said("尚未判断", "Not looked at"),
        "crs-given": said("由使用者指定 {crs}", "{crs}, as given by the user"),
        "crs-declared": said("{by} 写明为 {name}", "{by} says {name}"),
        "crs-by-rfc7946": said(
            "GeoJSON 未写坐标系，按 RFC 7946 为经纬度（CRS84）", "GeoJSON without a crs is longitude and latitude (CRS84) by RFC 7946"
        ),
        "crs-by-columns": said("坐标列名表明是经纬度", "The columns' names say longitude and latitude"),
        "crs-assumed-here": said(
            "文件没有可用的坐标系说明；坐标（如 {sample}）是本区附近的经纬度，按 CGCS2000 经纬度处理",
            "Nothing usable in the file says its CRS; its coordinates (e.g. {sample}) are degrees near the district: taken as CGCS2000 degrees",
            "不对时用 --crs 指明；如来自高德、百度，用 --datum 指明",
            "Pass --crs when that is wrong; --datum when they come from Amap or Baidu",
            "不对时在「坐标系」一行点「更改」；来自高德、百度的在「偏移」一行点「更改」",
            "Press “change” beside the system when it is wrong, beside the shift when they come from Amap or Baidu",
        ),
        "crs-assumed": said(
            "文件没有可用的坐标系说明；坐标（如 {sample}）像经纬度，暂按 CGCS2000 经纬度处理，务必核实",
            "Nothing usable in the file says its CRS; its coordinates (e.g. {sample}) look like degrees and were taken as CGCS2000 degrees: make sure",
            *TO_SAY_CRS,
            *CHANGE_CRS,
        ),
        "crs-not-needed": said("没有坐标", "There are no coordinates"),
        "crs-overruled": said(
            "文件写明 {said}，按使用者指定的 {given} 处理", "The file says {said}; {given} was used, as given", "请核实", "Make sure"
        ),
        "crs-unreadable": said("{by} 中的坐标系读不懂（{said}）", "The CRS in {by} cannot be understood ({said})", *TO_SAY_CRS, *CHANGE_CRS),
        "datum-held-equal": said(
            "「{name}」的基准面未登记，按椭球视同 WGS84，可能有米级偏差",
            "The datum of “{name}” is not registered; by its ellipsoid it was held equal to WGS84, good to metres",
            "需要更准时用 --crs 指明",
            "Pass --crs when more is needed",
            "需要更准时请提供方换算成 CGCS2000",
            "Have it converted to CGCS2000 when more is needed",
        ),
        "system-named-otherwise": said(
            "「{by}」写的是「{said}」，与文件的坐标系说明不同，按文件的说明处理",
            "“{by}” says “{said}”, which is not what the file says of its CRS; the file was believed",
            *TO_SAY_CRS,
            *CHANGE_CRS,
        ),
        "angles-given": said("坐标按使用者所说读取：{form}", "The coordinates were read as the user says: {form}"),
        "datum-named": said("文件里「{columns}」提到 {datum}", "“{columns}” in the file names {datum}"),
        "degrees-packed": said(
            "经纬度（如 {sample}）的小数每两位都小于 60，像是「度.分秒」连写",
            "The decimals of the coordinates (e.g. {sample}) are all under 60 in pairs, as degrees.minutes-seconds are written",
            "在图上核对位置；是度分秒就写成 109°48′30″",
            "Look at the places on the map; write degrees, minutes and seconds as 109°48′30″",
        ),
        "srid-of-shapes": said(
            "图形自己写明的坐标系是 EPSG:{srid}，图层写明的是 EPSG:{layer_srid}，按图层的处理",
            "The shapes themselves name EPSG:{srid}, the layer names EPSG:{layer_srid}; the layer was believed",
            *TO_SAY_CRS,
            *CHANGE_CRS,
        ),
        "srid-differs": said(
            "这一条的图形写明坐标系 EPSG:{srid}，其余多是 EPSG:{common}",
            "This shape names EPSG:{srid}, most others name EPSG:{common}",
            "换算成同一坐标系，或分成两个文件",
            "Convert it to the same system, or split the file",
        ),
        "row-axes-swapped": said("横纵坐标颠倒：{x}, {y}", "X and Y are swapped: {x}, {y}", "对调两个坐标", "Swap the two"),
        "row-outside-district": said(
            "位置 {lon}, {lat} 距{district} 50 公里以外",
            "{lon}, {lat} lies more than 50 km outside {district}",
            "核对坐标；确要载入外地数据时加 --anywhere",
            "Check the coordinates; add --anywhere for data that is meant to lie elsewhere",
            "核对坐标；本就在外地时点「留下」",
            "Check the coordinates; press “Keep” when it is meant to lie there",
        ),
        "outside-district": said(
            "有 {count} 条在{district} 50 公里以外（第 {rows} 条，范围 {extent}）",
            "{count} lie more than 50 km outside {district} (records {rows}; extent {extent})",
            "请核对坐标系；本就是外地数据则不必理会",
            "Check the CRS; nothing to do for data that are meant to lie there",
        ),
        "shapes-astray": said(
            "有 {count} 条的图形一部分在本区，一部分伸到 85 公里以外（第 {rows} 条），多半有一个点写错了",
            "{count} shapes lie in the district and reach 85 km and more beyond it (records {rows}): most likely one corner is wrong",
            "请在图上核对，改正那个点；本来就这么长则不必理会",
            "Look at them on the map and correct that corner; nothing to do where they really are so long",
        ),
        "row-in-degrees": said(
            "这一条是经纬度（{x}, {y}），其余是投影坐标", "This record is in degrees ({x}, {y}), the others are in metres", "换算成同一坐标系，或分成两个文件", "Convert it to the same system, or split the file"
        ),
        "crs-may-be-wrong": said(
            "写明的坐标系（{said}）多半有误：换成以下之一，这些坐标就落在本区附近：{candidates}",
            "The CRS said ({said}) is probably wrong: in one of these the same coordinates fall near the district: {candidates}",
            *TO_SAY_CRS,
            *CHANGE_CRS,
        ),
        "position-not-read": said(
            "坐标不是经度、纬度两个数",
            "A position is not two numbers, longitude and latitude",
            "写成 [109.8, 40.6]，数字不加引号",
            "Write [109.8, 40.6], numbers without quotes",
        ),
        "wkt-not-read": said(
            "「{value}」不是 WKT 图形", "“{value}” is no shape in WKT", "写成 POINT (109.8 40.6) 之类", "Write POINT (109.8 40.6) or the like"
        ),
        "coordinate-outside-earth": said(
            "坐标 {x}, {y} 不在地球上", "The coordinates {x}, {y} are not on the earth", "改正该条坐标", "Correct the coordinates"
        ),
        "coordinate-not-read": said(
            "「{value}」不是坐标", "“{value}” is not a coordinate", "写成 109.5 或 109°34′30″", "Write 109.5 or 109°34′30″"
        ),
        # geometry
        "geometry-broken": said(
            "图形不完整（{kind}）", "The shape is not whole ({kind})", "在原软件中改正该图形", "Correct the shape in its own program"
        ),
        "place-missing": said(
            "这一条没有位置（图形或坐标是空的）",
            "The record has no place (its shape or its coordinates are empty)",
            "在原文件中补上图形或坐标",
            "Give it a shape or coordinates in the file",
        ),
        "geometry-repaired": said(
            "图形无效（{reason_zh}），已修复；面积由 {before_m2} 变为 {after_m2} 平方米",
            "The shape was not valid ({reason}) and was repaired; area from {before_m2} to {after_m2} m2",
            "请在图上核对",
            "Look at it on the map",
        ),
        "ring-closed": said(
            "面的边界没有闭合，已闭合", "The polygon's ring was not closed; it was closed", "请在图上核对", "Look at it on the map"
        ),
        "line-repaired": said(
            "线无效（{reason_zh}），已修复", "The line was not valid ({reason}) and was repaired", "请在图上核对", "Look at it on the map"
        ),
        "geometry-beyond-repair": said(
            "图形无效（{reason_zh}），无法修复", "The shape is not valid ({reason}) and cannot be repaired", "在原软件中重画", "Draw it again"
        ),
        "line-zero-length": said("线的长度为零", "The line has no length", "删去或重画", "Remove it or draw it again"),
        "shapes-doubled": said(
            "有 {count} 条的图形与前面的某条完全相同（第 {rows} 条）",
            "{count} records have the very shape of an earlier one (records {rows})",
            "核对是否重复录入",
            "Check whether they were entered twice",
        ),
        "polygons-thin": said(
            "有 {count} 个面窄得像碎条，平均宽不到 {width_m} 米（第 {rows} 条）",
            "{count} polygons are slivers, less than {width_m} m wide (records {rows})",
            "多半是相邻边界没有对齐，请在原软件中合并",
            "Neighbours that do not meet leave such; merge them in their own program",
        ),
        "shapes-spiked": said(
            "有 {count} 条的图形有尖刺：拐角不到 {angle_deg}°（第 {rows} 条）",
            "{count} shapes have spikes, corners of less than {angle_deg}° (records {rows})",
            "请在图上核对，在原软件中删去多余的点",
            "Look at them on the map and remove the stray point",
        ),
        "lines-crossing-themselves": said(
            "有 {count} 条线与自身相交（第 {rows} 条）",
            "{count} lines cross themselves (records {rows})",
            "请在图上核对",
            "Look at them on the map",
        ),
        "polygons-overlap": said(
            "有 {count} 对面互相重叠（第 {rows} 条），共 {area_m2} 平方米",
            "{count} pairs of polygons overlap (records {rows}), {area_m2} m2 together",
            "不该重叠的请在原软件中改正",
            "Correct those that should not",
        ),
        "overlaps-not-looked-for": said(
            "各面共 {count} 个顶点，超过 {limit} 个，没有查找互相重叠",
            "The polygons have {count} corners, more than {limit}: overlaps were not looked for",
        ),
        "oddities-not-looked-for": said(
            "有 {count} 条，超过 {limit} 条，没有逐一查找重复、碎面、尖刺和重叠",
            "There are {count} records, more than {limit}: twins, slivers, spikes and overlaps were not looked for",
        ),
        "names-near-many": said(
            "同名且相距不到 {distance_m} 米的记录超过 {count} 对（如第 {rows} 条），没有再数下去",
            "More than {count} pairs of records have one name and lie within {distance_m} m (records {rows}); no more were counted",
            "这一列多半不是名称：给每处一个自己的名称，或改字段对应",
            "The column is hardly one of names: give each place its own, or change the mapping",
        ),
        "names-near": said(
            "有 {count} 对同名记录相距不到 {distance_m} 米（第 {rows} 条）",
            "{count} pairs of records have one name and lie within {distance_m} m (records {rows})",
            "核对是否同一处重复录入",
            "Check whether they are one place entered twice",
        ),
        "shape-kind-not-admitted": said(
            "图形类型 {found}，需要 {wanted}",
            "The shape is a {found}, wanted is {wanted}",
            "转换图形类型（曲线先折线化），或载入别的图层",
            "Convert it (straighten curves first), or load it into another layer",
        ),
        "zm-dropped": said("高程（Z）、量测值（M）未保留（{kind}）", "Heights (Z) and measures (M) were dropped ({kind})"),
        "curves-straightened": said(
            "曲线（{kind}）已折线化：每 {step_deg}° 一个点，偏离不超过半径的万分之 0.4",
            "Curves ({kind}) were straightened: a point at each {step_deg}°, at most 0.004 % of the radius off",
            "请在图上核对",
            "Look at it on the map",
        ),
        "outlines-not-one": said("面有 {count} 个外环，应有一个", "The polygon has {count} outer rings and should have one", "在原软件中拆成几个面，或补上外环", "Split it, or give it its outer ring, in its own program"),
        "feature-expected": said("这里应是一个要素，写的是 {value}", "There should be a feature and is {value}", "删去或改正这一项", "Remove or correct it"),
        "warning-not-actual": said(
            "这条预警的状态是 {status}，不是正式发布（Actual）", "The status of this warning is {status}, not Actual", "演练、测试的预警不要装入正式图层", "Keep exercises and tests out of the real layers"
        ),
        "warning-taken-back": said(
            "这条消息是 {kind}，不是新的预警", "This message is a {kind}, not a new warning", "解除、更正的消息请核对原预警", "Look at the warning that it takes back or corrects"
        ),
        "circles-as-polygons": said(
            "{count} 个圆已画成 {points} 边的多边形，边最多比圆弧内缩半径的 0.1%",
            "{count} circles were drawn as polygons of {points} sides, at most 0.1 % of the radius inside of the arc",
        ),
        "cad-units-scaled": said(
            "图纸单位为 {unit}，坐标已乘以 {factor} 换成米",
            "The drawing is in {unit}: its coordinates were multiplied by {factor} into metres",
            "请在图上核对位置",
            "Look at the places on the map",
        ),
        "cad-units-ignored": said(
            "图纸写明单位为 {unit}，但坐标（如 {sample}）不像，未换算",
            "The drawing says its unit is {unit}, but its coordinates (e.g. {sample}) do not look like it: left as they are",
            "请在图上核对位置",
            "Look at the places on the map",
        ),
        "cad-closed-as-polygons": said(
            "这一层的 {count} 条线全部闭合，按面读取",
            "All {count} lines of this layer are closed: they were read as polygons",
            "请在图上核对",
            "Look at them on the map",
        ),
        "cad-blocks-as-points": said(
            "{count} 个图块（{names}）按插入点读取，块内图形未展开",
            "{count} blocks ({names}) were read as their insertion points; what they are drawn of was left out",
            "块里画的是实际轮廓时，先在 CAD 里炸开（EXPLODE）",
            "EXPLODE them in the CAD program when they hold real outlines",
        ),
        "cad-paper-left-out": said("{count} 个图元在图纸空间（图框、标题栏），未读取", "{count} entities lie on the paper sheet (frame, title block) and were left out"),
        "cad-left-out": said(
            "{count} 个图元（{kinds}）不是点、线、面，未读取",
            "{count} entities ({kinds}) are no points, lines or areas and were left out",
            "需要时先在 CAD 里转成多段线",
            "Turn them into polylines in the CAD program when they are wanted",
        ),
        "overlays-left-out": said("{count} 幅叠加图片未读取", "{count} images laid over the map were left out"),
        "links-not-followed": said(
            "文件里的网络链接（{links}）没有打开",
            "Network links in the file ({links}) were not followed",
            "需要时从链接处另存后再导入",
            "Save what they lead to and load that when it is wanted",
        ),
        "objects-deleted": said("{count} 个对象在文件里标为已删除，未读取", "{count} objects are marked as deleted in the file and were left out"),
        "ways-incomplete": said(
            "{count} 条线（{ways}）的节点不全，缺的部分被跳过，走向会变",
            "{count} ways ({ways}) have nodes that are not in the file: they were passed over, so the lines run otherwise",
            "把范围放大重新下载，带上完整的线",
            "Download a wider extent, with complete ways",
        ),
        "second-shapes-left-out": said(
            "{count} 个要素有不止一个图形，只读了第一个",
            "{count} features have more than one shape; only the first was read",
            "需要别的图形时在原软件中分开导出",
            "Export the others by themselves when they are wanted",
        ),
        "ways-turned": said(
            "{count} 条道路的单行方向与画线方向相反，已把线反过来",
            "{count} ways are one-way against their drawing: their lines were turned round",
        ),
        "ways-cut": said(
            "{count} 条道路在与别的路相接处断开，共成 {pieces} 段（编号加 -2、-3 …）",
            "{count} ways were cut where they meet others, into {pieces} pieces in all (their ids with -2, -3 ...)",
        ),
        "cap-area-not-read": said(
            "预警区域「{value}」读不懂",
            "The area “{value}” of the warning cannot be read",
            "多边形写成「纬度,经度 纬度,经度 …」，圆写成「纬度,经度 公里数」",
            "Write a polygon as lat,lon lat,lon ..., a circle as lat,lon km",
        ),
        "archive-inside": said("压缩包里还有压缩包（{members}），已一并打开", "The archive holds archives ({members}): they were opened, too"),
        "bare-geometry": said("文件只有一个图形（{kind}），没有属性", "The file is a bare {kind} without attributes"),
        # packing and parts
        "shx-rebuilt": said("缺少 .shx 或其已损坏，已由 .shp 重建", "The .shx was missing or damaged; it was rebuilt from the .shp"),
        "record-counts-differ": said(
            "图形有 {shapes} 个，属性表有 {rows} 行",
            "There are {shapes} shapes, and {rows} rows in the table",
            "核对两者是否同一批导出",
            "Check that both come from one export",
        ),
        "no-attributes": said("{part} 没有字段", "The {part} has no fields"),
        # reading
        "formula-not-calculated": said(
            "有 {count} 格是公式而文件里没有计算结果（{cells}），按空白处理",
            "{count} cells are formulas whose results are not in the file ({cells}); they were taken as empty",
            "用 Excel 打开、保存后再导入",
            "Open and save it in Excel, then load it again",
        ),
        "merged-filled": said(
            "合并单元格（{cells}）的值已填到所含的每一行",
            "The values of merged cells ({cells}) were filled into each row they span",
            "请核对",
            "Make sure",
        ),
        "cell-errors": said(
            "表中有公式错误（第 {rows} 行），这些格按空白处理",
            "There are formula errors (rows {rows}); these cells were taken as empty",
            "在 Excel 中改正后再导入",
            "Correct them in Excel and load it again",
        ),
        "other-sublayers": said("还有未选的图层：{there}", "Other layers were not chosen: {there}"),
        "column-doubled": said(
            "列名「{column}」重复，后一个记为「{renamed}」", "The column “{column}” is there twice; the later one is called “{renamed}”"
        ),
        "column-not-read": said("列「{column}」（类型 {type}）未读取", "The column “{column}” (type {type}) was not read"),
        "number-overflow": said(
            "数值超出字段宽度 {width}，文件中只有 *",
            "The number did not fit its {width} bytes: the file has only *",
            "从原软件重新导出",
            "Export again with a wider field",
        ),
        "numbers-not-all": said(
            "「{column}」是数，但有 {count} 条不是（第 {rows} 条，如「{text}」），整列因此按文字装载，不能合计",
            "“{column}” holds numbers but for {count} records ({rows}, e.g. “{text}”), so all of it is loaded as text and cannot be summed",
            "改正这几格再导入",
            "Correct these cells and load it again",
        ),
        "days-not-all": said(
            "「{column}」是日期，但有 {count} 条不是（第 {rows} 条，如「{text}」），整列因此按文字装载",
            "“{column}” holds dates but for {count} records ({rows}, e.g. “{text}”), so all of it is loaded as text",
            "改正这几格再导入",
            "Correct these cells and load it again",
        ),
        "truth-not-read": said("「{value}」不是「是」或「否」，按不知道处理", "“{value}” is neither yes nor no: it was taken as unknown", "在原软件中改正这一格", "Correct this cell in its own program"),
        "record-deleted": said("该记录在文件中标为已删除", "The record is marked as deleted"),
        "row-empty": said("空行", "The row is empty"),
        "row-total": said("「{value}」是合计行，不是一条记录", "“{value}” begins a row of totals, which is no record"),
        "row-note": said("「{value}」是表下的说明，不是一条记录", "“{value}” is a note below the table, which is no record"),
        "row-of-other-table": said(
            "从第 {first} 条起是另一张表，列名不同", "From record {first} on there is another table with other columns", "另存为一个文件再导入", "Save it as a file of its own"
        ),
        "rows-hidden": said(
            "有 {count} 行在表格里是隐藏的或被筛掉的（第 {rows} 行），也读进来了", "{count} rows are hidden or filtered out in the sheet (rows {rows}); they were read, too", "不要的行请删去，不要只隐藏", "Remove rows that are not wanted instead of hiding them"
        ),
        "days-nought": said(
            "「{column}」有 {count} 格是表格软件的第 0 天（显示为 1900-01-00），按空白处理", "{count} cells of “{column}” are day 0 of a spreadsheet (shown as 1900-01-00); they were taken as empty"
        ),
        "some-dates-as-numbers": said(
            "「{column}」里有的日期只剩表格软件的序号（第 {rows} 条，如 {text}，多半是 {day}）",
            "Some dates of “{column}” are a spreadsheet's numbers of days (records {rows}, e.g. {text}, most likely {day})",
            "在表格里把整列设为「日期」后重新导出",
            "Format the whole column as a date and export it again",
        ),
        "row-too-long": said(
            "有 {cells} 格，标题只有 {columns} 列",
            "It has {cells} cells, the header {columns}",
            "检查分隔符与引号；标题要占一行，每列都有名称",
            "Check delimiters and quotes; the header is one row with a name for each column",
        ),
        "row-doubled": said("与第 {first} 条完全相同，跳过", "It is the same as record {first} and was passed over"),
        "times-local": said("没有时区的时间按北京时间处理", "Times without a zone were taken as Beijing time"),
        # layers, fields and keys
        "layer-made": said("新建图层「{layer}」，{fields} 个字段", "New layer “{layer}” with {fields} fields"),
        "layer-would-be-made": said("将新建图层「{layer}」，{fields} 个字段", "The layer “{layer}” would be made, with {fields} fields"),
        "measure-by-name": said(
            "「{column}」按列名计作{measure}（单位 {unit}），影响区里会合计",
            "“{column}” is counted as {measure} by its name (unit {unit}): zones sum it",
            "不是就加 --measure {name}=none",
            "Pass --measure {name}=none if it is not",
            "不是就在「字段对应」里改成「不合计」",
            "Change it to “not summed” in the mapping if it is not",
        ),
        "measure-given": said(
            "「{column}」按您所说计作{measure}（单位 {unit}）", "“{column}” is counted as {measure}, as you say (unit {unit})"
        ),
        "codes-named": said(
            "列「{column}」是代码，按文件自带的 {count} 个代码含义读：{sample}",
            "“{column}” holds codes; they were read by the file's own list of {count}: {sample}",
        ),
        "codes-by-subtype": said(
            "{columns} 的代码在各子类型里含义不同，按字段默认的含义读，没有默认的留作代码",
            "The codes of {columns} mean something else in each subtype; they were read by the field's own list, or left as codes where it has none",
            "在 ArcGIS 里用「将属性域转换为表」加出文字列后再导出",
            "Add a column with their words in ArcGIS (Domain To Table) and export it again",
        ),
        "codes-strange": said(
            "列「{column}」有 {count} 行的代码不在文件自带的含义里：{codes}",
            "“{column}” has {count} rows with codes that the file's own list does not have: {codes}",
            "请提供方核对；这些行按代码本身读",
            "Ask who made the file; these rows are read by the code itself",
        ),
        "column-unit": said(
            "列「{column}」的数值按列名里的单位「{unit}」换算成{field_unit}",
            "The numbers of “{column}” were taken in {unit}, as its name says, and converted to {field_unit_en}",
            "不对时改列名里的单位再导入",
            "Correct the unit in the column's name if that is wrong",
        ),
        "column-retired": said(
            "列「{column}」的字段已停用，未载入", "The field of the column “{column}” is retired; it was not loaded", "要用就先恢复这个字段", "Bring the field back when it is wanted"
        ),
        "column-unmatched": said(
            "列「{column}」没有对应字段，未载入",
            "No field takes the column “{column}”; it was not loaded",
            '需要时用 --map "{column}=字段" 指明',
            'Pass --map "{column}=field" when it is wanted',
            "需要时在「字段对应」里为它选一个字段",
            "Choose a field for it in the mapping when it is wanted",
        ),
        "key-missing": said("没有编号（{key}）", "The key ({key}) is missing", "补填编号", "Fill it in"),
        "key-twice": said(
            "编号 {value} 在第 {first} 条已出现，内容不同",
            "The key {value} stands in record {first} already, with other content",
            "改正其中一条",
            "Correct one of them",
        ),
        "all-unchanged": said("{count} 条与库中相同，没有变化", "All {count} are as stored: nothing changed"),
    }
)
