"""The sentences about tables of chainages: what is refused, what keeps a row out, what is told of rows that are loaded."""

from __future__ import annotations

from geodata.files.words import said
from layers.messages import declare

declare(
    {
        "no-place-or-chainage": said(
            "「{path}」没有坐标列，也没有起止桩号列（未用到的列：{columns}）",
            "“{path}” has neither columns of coordinates nor of chainage from and to (columns not used: {columns})",
            "补上经纬度或起止桩号，或用 --map 列=字段 指明",
            "Add coordinates or chainages, or say which columns they are: --map column=field",
            "补上经纬度或起止桩号，或在下面把列对到「起点桩号」「终点桩号」",
            "Add coordinates or chainages, or match the columns to “Chainage from” and “Chainage to” below",
        ),
        "stretch-no-lines": said(
            "「{layer}」里没有记着起止桩号的线，桩号不知道从哪里量起",
            "“{layer_en}” holds no line whose chainage is known: there is nothing to measure along",
            "先导入堤线，填好起点桩号和终点桩号，再导入这张表",
            "Load the dike first, with its chainage from and to, then this table",
        ),
        "crs-by-chainage": said("没有坐标；位置按起止桩号在「{layer}」的线上量得", "No coordinates; the places are measured by chainage along the lines of “{layer_en}”"),
        "stretch-unmeasured": said("没有桩号", "The chainage is missing", "补上起点桩号和终点桩号", "Give chainage from and to"),
        "stretch-no-line": said(
            "没有「{line}」这条线；已知：{known}", "There is no line “{line_en}”; known: {known}", "核对河流和岸别", "Check the river and the bank"
        ),
        "stretch-outside": said(
            "{start}–{end} 不在线上；已知：{known}",
            "{start}–{end} is not on the line; known: {known}",
            "核对桩号，或先补全堤线的桩号",
            "Check the chainages, or complete those of the line",
        ),
        "stretch-many-lines": said(
            "{start}–{end} 在几条线上都有：{known}",
            "{start}–{end} is on several lines: {known}",
            "填写河流和岸别，说明是哪一条",
            "Say which one by river and bank",
        ),
        "stretch-in-parts": said("「{line}」的图形分成几段，不能量桩号", "“{line}” is drawn in parts: no chainage can be measured along it", "把它改成一条连续的线", "Make it one line"),
        "stretch-line-differs": said(
            "「{line}」桩号差 {span} 米，图上长 {drawn} 米；各段按比例落在图上",
            "The chainage of “{line}” spans {span} m, drawn it is {drawn} m; stretches are placed in proportion",
            "核对堤线的起止桩号",
            "Check the chainage of the line",
        ),
        "stretch-overlaps-row": said(
            "与「{other}」重叠 {metres} 米（{start}–{end}）", "Lies over “{other}” for {metres} m ({start}–{end})", "是两段就照样导入，否则改桩号", "Load it if both are meant, else change the chainage"
        ),
        "stretch-overlaps-stored": said(
            "与已有的「{other}」重叠 {metres} 米（{start}–{end}）",
            "Lies over “{other}”, which is stored, for {metres} m ({start}–{end})",
            "是两段就照样导入，否则改桩号",
            "Load it if both are meant, else change the chainage",
        ),
    }
)
