"""The sentences of what is refused (a file to load, a file to write), each with what a person does next."""

from __future__ import annotations

from geodata.files.words import AS_KNOWN, BY_SIGHT, SAVE_AGAIN, TO_SAY_CRS, TO_SAY_ONE, said
from layers.messages import declare

declare(
    {
        # encodings
        "encoding-unknown": said(
            "无法判断文字编码（试过 {tried}；首个字节串 {sample}）",
            "The text's encoding cannot be told (tried {tried}; first bytes {sample})",
            "用 --encoding 指明，如 --encoding GBK",
            "Pass --encoding, e.g. --encoding GBK",
            "在下面选读得通的一种；都读不通就请提供方重新导出",
            "Take the reading below that makes sense; ask for a new export if none does",
        ),
        "encoding-not-known": said(
            "没有名为「{name}」的编码",
            "There is no encoding “{name}”",
            "写成 GBK、GB18030、UTF-8、Big5 等",
            "Write GBK, GB18030, UTF-8, Big5 ...",
        ),
        "encoding-does-not-fit": said(
            "指定的 {name} 读不通：{share}% 的文字无法解码",
            "{name} as given does not fit: {share}% of the texts do not decode",
            "不加 --encoding 让系统判断，或换一种",
            "Leave --encoding away, or try another",
            "在下面换一种",
            "Choose another below",
        ),
        "file-text-damaged": said(
            "第 {line} 行有不能按 {name} 解码的字节",
            "Line {line} holds bytes that are not {name}",
            "用 --encoding 指明，或重新导出",
            "Pass --encoding, or export again",
            "在下面换一种编码，或从原软件重新导出",
            "Choose another encoding below, or export again",
        ),
        "encoding-mixed": said(
            "文字编码混杂：第 {utf8} 行是 UTF-8，第 {others} 行不是",
            "The text mixes encodings: lines {utf8} are UTF-8, lines {others} are not",
            "在原软件中用同一种编码重新导出，或把两部分分成两个文件",
            "Export again in one encoding, or split the two parts into two files",
        ),
        # coordinate reference systems and places
        "crs-not-known": said(
            "不认识坐标系「{crs}」", "There is no CRS “{crs}”", "写成 EPSG:编号，如 EPSG:4546", "Write EPSG:number, e.g. EPSG:4546"
        ),
        "crs-no-way": said("无法从「{crs}」换算", "There is no way to transform from “{crs}”", *TO_SAY_CRS,
            "请提供方换算成 CGCS2000 后再导入", "Have its keeper convert the data to CGCS2000 first"),
        "crs-unknown": said(
            "坐标系不明（文件自带的说明：{said}），坐标如 {sample}",
            "The CRS is unknown: nothing usable says it (in the file: {said}), coordinates such as {sample}",
            *TO_SAY_ONE,
            "看下面的小图选：点落在该在的地方的那一种；手上有 .prj 就和其余文件一起再拖一次；拿不准就问数据提供方",
            "Choose below by where the points fall; if you have the .prj, drop it together with the other files; ask the data's keeper when unsure",
        ),
        "datum-without-parameters": said(
            "坐标系「{crs}」到 CGCS2000 没有公开的精确参数，硬算会偏移几十至上百米",
            "From “{crs}” to CGCS2000 there are no exact public parameters; a guess would be off by tens of metres or more",
            "请由测绘部门用当地参数转换为 CGCS2000 后再导入",
            "Have the survey office convert it to CGCS2000 with local parameters first",
        ),
        "datum-asked": said(
            "文件里「{columns}」表明坐标带偏移（{datum}）",
            "“{columns}” in the file says that the coordinates are shifted: {datum}",
            "确认后加 --datum {datum} 还原；如实为真实坐标，加 --datum wgs84",
            "Add --datum {datum} to undo the shift, or --datum wgs84 when they are true",
            "向提供方问清，在下面选",
            "Ask the data's keeper and choose below",
        ),
        "angles-asked": said(
            "坐标（如 {sample}）怎么读拿不准：{there}",
            "How the coordinates (e.g. {sample}) are meant is in doubt: {there_en}",
            "向提供方问清，用 --angles 指明：{forms}",
            "Ask the data's keeper and pass --angles: {forms}",
            "向提供方问清，在下面选",
            "Ask the data's keeper and choose below",
        ),
        "angles-not-known": said("没有名为「{angles}」的写法", "There is no form “{angles}”", "用 {there}", "Use {there}"),
        "datum-not-known": said(
            "没有名为「{datum}」的偏移", "There is no shift “{datum}”", "用 gcj02、bd09 或 wgs84", "Use gcj02, bd09 or wgs84"
        ),
        "crs-does-not-fit": said(
            "按写明的坐标系（{said}）换算，坐标（如 {sample}）不在地球上，坐标系与坐标不是一回事",
            "By the CRS said ({said}) coordinates such as {sample} are not on the earth, so the two do not belong together",
            *TO_SAY_ONE,
            *BY_SIGHT,
        ),
        "metres-called-degrees": said(
            "写明为经纬度（{said}），坐标却超出经纬度范围（如 {sample}），应是米",
            "Said to be degrees ({said}), but the coordinates are out of range (e.g. {sample}) and must be metres",
            *TO_SAY_ONE,
            *BY_SIGHT,
        ),
        "degrees-called-metres": said(
            "写明为投影坐标（{said}），坐标却是经纬度（如 {sample}）",
            "Said to be projected ({said}), but the coordinates are degrees (e.g. {sample})",
            "核实后用 --crs EPSG:4490（或实际坐标系）指明",
            "Make sure and pass --crs EPSG:4490 (or what it really is)",
            *BY_SIGHT,
        ),
        "axes-swapped": said(
            "横纵坐标颠倒（如 {sample}）：对调后才落在本区",
            "X and Y are swapped (e.g. {sample}): only the other way round they fall in the district",
            "在原软件中对调两列后再导入",
            "Swap the two in the source and load again",
            "点「互换横纵坐标再看」，在图上核对位置",
            "Press “Swap the axes and look again” and look at the places on the map",
        ),
        "all-outside-district": said(
            "全部 {count} 条都距{district} 50 公里以外（范围 {extent}）",
            "All {count} lie more than 50 km outside {district} (extent {extent})",
            "核对坐标系与文件；确要载入外地数据时加 --anywhere",
            "Check the CRS and the file; add --anywhere for data that is meant to lie elsewhere",
            "先核对坐标系；数据本就在外地时点「位置没错，全部留下」",
            "Check the system first; press “Places are right, keep all” for data that is meant to lie elsewhere",
        ),
        # geometry
        "geometry-kind-differs": said(
            "文件中的图形是{found_zh}，该图层需要{wanted_zh}",
            "The file has {found}, the layer wants {wanted}",
            "换一个图层，或用 --create 新建",
            "Choose another layer, or make a new one with --create",
            "换一个图层，或选「新建图层」",
            "Choose another layer, or “New layer”",
        ),
        "shape-kind-unsupported": said(
            "文件里是三维体（{kind}），这里只收点、线、面",
            "The file holds solid bodies ({kind}); points, lines and areas are taken",
            "在原软件中转为面，重新导出",
            "Turn them into polygons in the program they come from and export again",
        ),
        # packing and parts
        "no-such-file": said("没有文件「{path}」", "There is no file “{path}”", "核对路径", "Check the path"),
        "not-a-file": said("「{path}」不是文件或文件夹", "“{path}” is neither a file nor a folder", "核对路径", "Check the path"),
        "empty-file": said("「{part}」是空文件（0 字节）", "“{part}” is empty (0 bytes)", *SAVE_AGAIN),
        "drawing-cut": said("图纸「{path}」不完整：没有结尾标记（EOF）", "The drawing “{path}” is cut short: its end mark (EOF) is missing", *SAVE_AGAIN),
        "drawing-number": said(
            "图纸第 {line} 行应是数，写的是「{value}」", "Line {line} of the drawing should be a number and is “{value}”", "小数点用 . ，改正后再导入，或从 CAD 重新导出", "Write decimals with a point, or export it again from the CAD program"
        ),
        "changes-not-saved": said(
            "「{path}」的最近改动还在旁边的「{log}」里，没有写进文件",
            "The last changes of “{path}” still lie beside it in “{log}”",
            "在原软件里关闭或另存这个文件，再导入",
            "Close the file in its program, or save it under another name, and load that",
        ),
        "empty-layer": said("图层「{layer}」没有记录", "The layer “{layer}” has no records", *SAVE_AGAIN),
        "file-too-large": said(
            "文件 {size_mb} MB，最多 {limit_mb} MB", "The file is {size_mb} MB, at most {limit_mb} MB", "分成几个文件", "Split it"
        ),
        "file-truncated": said(
            "文件 {part} 不完整：应有 {stated} 字节，只有 {there} 字节",
            "The file {part} is cut short: {stated} bytes stated, {there} there",
            *SAVE_AGAIN,
        ),
        "shx-contradicts": said(
            "「{path}」的 .shx 与图形自带的序号顺序不一致，图形会对到别的行上",
            "The .shx and the numbers in “{path}” put the shapes in different orders: shapes would go to the wrong rows",
            "从原软件重新导出；确知属性表与 .shp 同序时，去掉 .shx 再导入",
            "Export it again; leave the .shx away only when the table is known to be in the order of the .shp",
        ),
        "records-missing": said(
            "文件 {part} 不完整：写明有 {stated} 条记录，只有 {there} 条",
            "The file {part} is cut short: {stated} records stated, {there} there",
            *SAVE_AGAIN,
        ),
        "file-damaged": said("文件 {part} 已损坏，读不下去", "The file {part} is damaged and cannot be read", *SAVE_AGAIN),
        "part-missing": said(
            "缺少 {part}（现有 {there}）",
            "The {part} is missing (there: {there})",
            "把同名的 .shp、.shx、.dbf、.prj 一起提供",
            "Give the .shp, .shx, .dbf and .prj of that name together",
        ),
        "database-part-missing": said(
            "地理数据库「{name}」不完整：缺少 {part}",
            "The geodatabase “{name}” is not whole: {part} is missing",
            "把整个 .gdb 文件夹压缩成 ZIP 再导入",
            "Zip the whole .gdb folder and load that",
        ),
        "map-part-missing": said(
            "缺少 {part}（现有 {there}）",
            "The {part} is missing (there: {there})",
            "MapInfo 的同名文件要一起提供：.tab、.dat、.map、.id，或 .mif、.mid",
            "Give the MapInfo files of that name together: .tab, .dat, .map, .id, or .mif, .mid",
        ),
        "map-kind-unsupported": said(
            "「{path}」只是指向别的数据的 MapInfo 表（{kind}），里面没有图形",
            "“{path}” is a MapInfo table that only points to other data ({kind})",
            "在 MapInfo 里另存为普通表（NATIVE），或导出为 MIF",
            "Save it as a plain (native) table in MapInfo, or export it as MIF",
        ),
        "is-imagery": said(
            "「{path}」是影像（{kind}），里面没有要素",
            "“{path}” is imagery ({kind}) and holds no features",
            "用 onemap imagery place 放成底图",
            "Place it as a background: onemap imagery place",
            "请数据员放成底图，图层树「底图」里随即可选",
            "GIS staff can place it as a background; it can then be chosen as basemap",
        ),
        "dwg-unsupported": said(
            "「{path}」是 DWG，不能直接读取",
            "“{path}” is a DWG, which cannot be read",
            "在 CAD 里另存为 DXF（ASCII）再导入",
            "Save it as DXF (ASCII) in the CAD program",
        ),
        "dxf-binary": said(
            "「{path}」是二进制 DXF",
            "“{path}” is a binary DXF",
            "在 CAD 里另存为 ASCII DXF 再导入",
            "Save it as an ASCII DXF in the CAD program",
        ),
        "kml-only-links": said(
            "「{path}」里只有网络链接（{links}），没有图形",
            "“{path}” holds only network links ({links}) and no shapes",
            "在 Google Earth、奥维里打开后另存为 KML 或 KMZ 再导入",
            "Open it in Google Earth and save the places themselves as KML or KMZ",
        ),
        "feature-not-read": said(
            "第 {number} 个要素的坐标（{value}）不是数", "The coordinates of feature {number} ({value}) are no numbers", "改正后再导入", "Correct them first"
        ),
        "systems-mixed": said(
            "文件里的图形写明的坐标系不止一个：{systems}",
            "The shapes in the file name more than one CRS: {systems}",
            "在原软件中换算成同一坐标系，或分成几个文件",
            "Convert them to one system, or split the file",
        ),
        "osm-node-not-read": said(
            "节点 {node} 的纬度、经度（{value}）不是地球上的位置",
            "The latitude and longitude of node {node} ({value}) are no place on the earth",
            "改正这个节点，或重新导出",
            "Correct that node, or export again",
        ),
        "kml-only-pictures": said(
            "「{path}」里只有叠加图片（{count} 幅），没有点、线、面",
            "“{path}” holds only images laid over the map ({count}) and no points, lines or areas",
            "图片放成底图：先在 QGIS 里按它的四角配准、另存为 GeoTIFF，再用 onemap imagery place",
            "Images go under the layers: georeference it in QGIS by its corners, save it as a GeoTIFF and place it with onemap imagery place",
            "图片放成底图：先在 QGIS 里按它的四角配准、另存为 GeoTIFF，再拖到地图上按「作为底图放置」",
            "Images go under the layers: georeference it in QGIS by its corners, save it as a GeoTIFF, drop that on the map and press “Place as a background”",
        ),
        "tags-none": said(
            "「{path}」里没有道路、地名等要素",
            "“{path}” holds no roads, places or other features",
            "核对文件",
            "Check the file",
        ),
        "content-differs": said(
            "「{path}」的内容不是 {promised}",
            "What is in “{path}” is not {promised}",
            "用正确的扩展名，或重新导出",
            "Give it its right extension, or export again",
        ),
        "format-unsupported": said("不支持 {kind}（{path}）", "{kind} is not supported ({path})", *AS_KNOWN),
        "format-unknown": said("认不出「{path}」的格式", "The format of “{path}” is not known", *AS_KNOWN),
        "packing-unsupported": said(
            "不支持 {kind} 压缩（{path}）",
            "Packing by {kind} is not supported ({path})",
            "解压后再导入，或用 ZIP",
            "Unpack it first, or use ZIP",
        ),
        "nothing-usable": said(
            "没有可导入的文件（没有 .shp 等；只有 {there}）", "Nothing here can be loaded (no .shp or the like; only {there})", *AS_KNOWN
        ),
        "xml-damaged": said(
            "「{path}」第 {line} 行第 {column} 列不合 XML 的规则",
            "“{path}” breaks the rules of XML at line {line}, column {column}",
            "文字里的 & 和 < 要写成 &amp; 和 &lt;；文件不完整就重新导出",
            "Write & and < within text as &amp; and &lt;; export it again if it is cut short",
        ),
        "archive-damaged": said("压缩包「{path}」已损坏或不完整", "The archive “{path}” is damaged or cut short", *SAVE_AGAIN),
        "archive-names": said(
            "压缩包「{path}」里的文件名编码不对，读不出来", "The names in the archive “{path}” are not in the encoding it says", "解压后用别的软件重新打包", "Unpack it and pack it again with another program"
        ),
        "archive-encrypted": said(
            "压缩包有密码（{member}）", "The archive is encrypted ({member})", "去掉密码后重新打包", "Pack it again without a password"
        ),
        "archive-nested": said(
            "压缩包套了不止一层（{member}）",
            "There are archives more than one deep ({member})",
            "解开里层后再导入",
            "Unpack the inner ones first",
        ),
        "archive-path": said(
            "压缩包成员路径不安全（{member}）", "A member's path leads outside the archive ({member})", "重新打包", "Pack it again"
        ),
        "archive-link": said(
            "压缩包里有链接（{member}）", "The archive holds a link ({member})", "重新打包，不含链接", "Pack it again without links"
        ),
        "archive-doubled": said(
            "压缩包里有同名成员（{member}）", "Two members have the same name ({member})", "重新打包", "Pack it again"
        ),
        "archive-method": said(
            "压缩方式不支持（{path}）",
            "The archive's compression is not supported ({path})",
            "用普通 ZIP（deflate）重新打包",
            "Pack it again as a plain ZIP (deflate)",
        ),
        "archive-too-large": said(
            "压缩包 {size_mb} MB，最多 {limit_mb} MB", "The archive is {size_mb} MB, at most {limit_mb} MB", "分成几个", "Split it"
        ),
        "archive-bomb": said(
            "解压后超过 {limit_mb} MB（{size_mb} MB）", "Unpacked it would be {size_mb} MB, more than {limit_mb} MB", "分成几个", "Split it"
        ),
        "archive-empty": said("压缩包「{path}」里没有文件", "The archive “{path}” holds no file", *SAVE_AGAIN),
        "folder-empty": said("文件夹「{path}」里没有文件", "The folder “{path}” holds no file", "核对路径", "Check the path"),
        "too-many-entries": said("有 {count} 个文件，最多 {limit} 个", "There are {count} files, at most {limit}", "分成几个", "Split it"),
        "xml-entities": said(
            "「{path}」含 DOCTYPE 或实体定义，不予读取",
            "“{path}” has a DOCTYPE or entities and is not read",
            "去掉后再导入",
            "Remove them first",
        ),
        # reading
        "not-json": said(
            "不是有效的 JSON（第 {line} 行第 {column} 列读不下去）", "Not valid JSON (unreadable at line {line}, column {column})", *SAVE_AGAIN
        ),
        "not-geojson": said(
            "是 JSON，但不是 GeoJSON",
            "It is JSON, but not GeoJSON",
            "导出为 GeoJSON FeatureCollection",
            "Export it as a GeoJSON FeatureCollection",
        ),
        "too-deep": said("嵌套超过 {limit} 层", "It is nested deeper than {limit}", *SAVE_AGAIN),
        "not-a-table": said("{part} 不是 dBASE 表", "The {part} is not a dBASE table", *SAVE_AGAIN),
        "table-utf16": said(
            "{part} 里的文字是 UTF-16，dBASE 表不能这样存，读不准",
            "The text of the {part} is UTF-16, which a dBASE table cannot hold: it cannot be read for sure",
            "用 UTF-8 或 GBK 重新导出（或导出为 GeoPackage）",
            "Export it again in UTF-8 or GBK, or as a GeoPackage",
        ),
        "table-encrypted": said("{part} 已加密", "The {part} is encrypted", "解密后再导入", "Decrypt it first"),
        "too-many-columns": said("有 {count} 列，最多 {limit} 列", "There are {count} columns, at most {limit}", "删去不用的列，或检查分隔符", "Remove columns that are not needed, or check what separates the cells"),
        "too-many-cells": said("单元格超过 {limit} 个", "There are more than {limit} cells", "分成几个文件", "Split it"),
        "quote-open": said(
            "第 {line} 行的引号没有闭合，其后各行都并进了这一格",
            "The quote opened in line {line} is never closed, so the lines after it belong to one cell",
            "补上或去掉这个引号",
            "Close the quote or remove it",
        ),
        "workbook-strict": said(
            "「{path}」存成了「Strict Open XML 电子表格」", "“{path}” was saved as a Strict Open XML spreadsheet", "在 Excel 里另存为普通的「Excel 工作簿（.xlsx）」", "Save it as a plain Excel workbook (.xlsx)"
        ),
        "sheets-all-hidden": said(
            "「{path}」里有内容的工作表都隐藏了：{there}", "All sheets of “{path}” with anything in them are hidden: {there}", "在 Excel 里取消隐藏后再导入", "Unhide them in Excel first"
        ),
        "tables-beside": said(
            "这是并排的两张表：{columns} 各出现两次", "There are two tables side by side: {columns} stand twice", "把右边的表移到左边的表下面，或分成两个文件", "Move the right one below the left one, or into a file of its own"
        ),
        "workbook-locked": said(
            "「{path}」有密码，或其实是旧式 .xls",
            "“{path}” has a password, or is an old .xls",
            "去掉密码，另存为 .xlsx",
            "Remove the password and save it as .xlsx",
        ),
        "reader-died": said("这个文件让读取程序异常结束，多半已损坏", "The reader ended abnormally on this file, which is most likely damaged", *SAVE_AGAIN),
        "reading-too-long": said("读取超过 {limit_s} 秒", "Reading took more than {limit_s} s", "分成几个文件", "Split it"),
        "reading-too-large": said("读取所需内存超过限额", "Reading needs more memory than allowed", "分成几个文件", "Split it"),
        "several-sublayers": said(
            "其中有 {count} 个图层：{there}",
            "There are {count} layers: {there_en}",
            "用 --sublayer 名称 选定一个",
            "Choose one with --sublayer NAME",
            "在下面选一层",
            "Choose one below",
        ),
        "no-such-sublayer": said(
            "没有图层「{wanted}」，只有：{there}",
            "There is no layer “{wanted}”, only: {there_en}",
            "用 --sublayer 选定所列之一",
            "Choose one of those with --sublayer",
            "在下面选一层",
            "Choose one below",
        ),
        "no-spatial-layer": said("「{path}」里没有空间图层", "“{path}” has no layer with shapes", "核对文件", "Check the file"),
        "no-coordinate-columns": said(
            "没有坐标列（有：{columns}）",
            "No column holds coordinates (there are: {columns})",
            "首行须是列名；加上 经度、纬度 两列，或 WKT 列",
            "The first row names the columns; add lon and lat, or WKT",
        ),
        # layers, fields and keys
        "load-no-layer": said(
            "没有图层「{layer}」",
            "There is no layer “{layer}”",
            "用 onemap layers 查看，或加 --create 新建",
            "See onemap layers, or add --create to make it",
            "换一个图层，或选「新建图层」",
            "Choose another layer, or “New layer”",
        ),
        "layer-name": said(
            "「{name}」不能作图层标识",
            "“{name}” cannot be a layer's id",
            "用小写字母、数字和 _，如 {proposed}",
            "Use lower-case letters, digits and _, e.g. {proposed}",
        ),
        "layer-differs": said(
            "图层「{layer}」已存在，且没有这些列：{columns}",
            "The layer “{layer}” is there already and has no field for: {columns}",
            "换一个名称，或不加 --create 并用 --map 对应",
            "Choose another name, or leave --create away and use --map",
            "换一个标识，或在「装入图层」里选这个图层",
            "Choose another id, or choose this layer in “Into layer”",
        ),
        "measure-not-new": said(
            "图层「{layer}」已经有了，导入时不能改它的计数字段",
            "The layer “{layer}” is there already: a load does not change what its fields count",
            "去掉 --measure；要改用图层定义接口",
            "Leave --measure out; change the layer's definition instead",
            "请管理这个图层的人改图层定义",
            "Have whoever keeps the layer change its definition",
        ),
        "measure-no-field": said(
            "没有字段「{field}」可以计数", "There is no field “{field}” to count", "可用的字段：{there}", "Fields: {there}"
        ),
        "measure-no-number": said(
            "字段「{field}」不全是数字，不能合计", "The field “{field}” is not all numbers and cannot be summed", "改正文件或不要计数", "Correct the file, or do not count it"
        ),
        "measure-unknown": said("「{field}」不能计作「{measure}」", "“{field}” cannot be counted as “{measure}”", "可选：{known}", "One of: {known}"),
        "nothing-mapped": said(
            "没有一列能对应字段（列：{columns}；字段：{fields}）",
            "No column fits a field (columns: {columns}; fields: {fields})",
            "用 --map 列=字段 指明",
            "Pass --map column=field",
            "在下表为要装载的列选字段",
            "Choose fields for the columns below",
        ),
        "key-not-mapped": said(
            "没有一列对应编号字段「{label}」，无法识别同一要素（未对应的列：{columns}）",
            "No column fills the key “{label}”, so features cannot be known again (unmatched: {columns})",
            "用 --map 列={key} 指明",
            "Pass --map column={key}",
            "在下表为编号选一列；文件里没有编号时请先补上",
            "Choose the column with the key below; add one to the file if there is none",
        ),
        "map-no-column": said(
            "要对应的列「{column}」不在文件里（有：{there}）",
            "The column “{column}” to be mapped is not in the file (there are: {there})",
            "核对列名",
            "Check the name",
        ),
        "map-no-field": said(
            "要写入的字段「{field}」不在图层里（有：{there}）",
            "The field “{field}” to be filled is not in the layer (there are: {there})",
            "核对字段名",
            "Check the name",
        ),
        "export-format": said(
            "不能导出为「{suffix}」", "Cannot export as “{suffix}”", "扩展名用 {there}", "Use one of the extensions {there}"
        ),
        "export-too-many": said(
            "{count} 行，超过 {kind} 的 {limit} 行", "{count} rows are more than the {limit} of {kind}", "先筛选，或改用 CSV、GeoPackage", "Filter first, or take CSV or GeoPackage"
        ),
        "export-cell": said(
            "有的图形写成文字超过一个单元格的 {limit} 字", "A shape as text is longer than the {limit} characters of a cell", "改用 GeoPackage 或 GeoJSON", "Take GeoPackage or GeoJSON"
        ),
        "export-no-shapes": said(
            "图层「{layer}」没有图形，不能导出为 {kind}", "Layer “{layer}” has no shapes, so it is no {kind}", "改用 XLSX、CSV 或 GeoPackage", "Take XLSX, CSV or GeoPackage"
        ),
        "export-crs": said(
            "不能换算成坐标系「{crs}」：没有公开的精确参数，或不是平面坐标", "Cannot write in “{crs}”: there is no exact public way to it, or it is not a plane system",
            "用 EPSG:4490、EPSG:4326 或 CGCS2000 高斯-克吕格，如 EPSG:4546", "Use EPSG:4490, EPSG:4326 or a CGCS2000 Gauss-Kruger grid, e.g. EPSG:4546"
        ),
        "export-crs-reach": said(
            "坐标系 {crs} 管不到这些要素（经度 {west} 至 {east}）", "{crs} does not reach these features (longitude {west} to {east})",
            "选这一带的分带，或用经纬度", "Choose the zone of that area, or degrees"
        ),
        "export-shifted-grid": said(
            "{datum} 偏移只用于经纬度，不能与 {crs} 一起用", "{datum} shifts degrees: it does not go with {crs}",
            "不指明坐标系，或不要偏移", "Leave the system away, or the shift"
        ),
        "export-degrees": said(
            "{kind} 只能用经纬度", "{kind} holds longitude and latitude only",
            "选经纬度，或改用 GeoPackage、Shapefile、CSV、XLSX、DXF", "Choose degrees, or take GeoPackage, Shapefile, CSV, XLSX or DXF"
        ),
        "export-metres": said(
            "{kind} 图纸以米为单位，不能用经纬度", "A {kind} drawing is in metres, not in degrees",
            "选高斯-克吕格坐标，如 EPSG:4546", "Choose a Gauss-Kruger grid, e.g. EPSG:4546"
        ),
        "export-encoding": said(
            "Shapefile 不能用编码「{encoding}」", "Shapefiles are not written in “{encoding}”", "用 {there}", "Use {there}"
        ),
        "export-not-held": said(
            "{encoding} 没有「{sign}」字（在「{text}」中）", "{encoding} has no “{sign}” (in “{text}”)",
            "改用 UTF-8", "Use UTF-8"
        ),
        "export-zone": said(
            "{path} 中没有面，不能作为范围", "There is no area in {path} to take as the zone", "用含面的 GeoJSON 文件（经纬度）", "Give a GeoJSON file of areas, in degrees"
        ),
        "nothing-accepted": said(
            "{count} 条记录没有一条可以载入", "None of the {count} records can be loaded", "按所列逐条改正", "Correct the records listed"
        ),
    }
)
