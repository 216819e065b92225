using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Model;

namespace Altmap.Cli.Maps;

/// <summary>The options that <c>altmap map</c> and the prompt's <c>map</c> share, and what they do with a machine.</summary>
internal sealed class MapRequest
{
    private readonly Option<string?> _from = new("--from")
    {
        Description = "shows the map from this address on, as 0x40000000 or 1G; whole sections, or sub-sections",
        HelpName = "ADDRESS",
    };
    private readonly Option<string?> _to = new("--to")
    {
        Description = "shows the map up to this address: the byte there is the first that is left out",
        HelpName = "ADDRESS",
    };
    private readonly Option<string?> _section = new("--section", "-s")
    {
        Description = "shows sections as the map numbers them: 8, 8-15, or the sub-sections of 2 MiB 8.16, 8.16-63",
        HelpName = "N",
    };
    private readonly Option<bool> _table = new("--table", "-t") { Description = "a table of page ranges that are alike instead of bars" };
    private readonly Option<string?> _svg = new("--svg") { Description = "writes the map as a picture", HelpName = "FILE" };
    private readonly Option<string?> _html = new("--html")
    {
        Description = "writes the map as a page: picture and table",
        HelpName = "FILE",
    };
    private readonly Option<bool> _json = JsonOutput.Option();

    /// <summary>With the options that say of what the map is, in the order of all our helps: own ones, kernel, files, JSON.</summary>
    public void AddTo(Command command, params Option[] ofMachine)
    {
        foreach (Option option in (Option[])[_from, _to, _section, _table, .. ofMachine, _svg, _html, _json])
            command.Add(option);
    }

    /// <summary>Shows the map in the way that was asked for. Files are written before anything is printed.</summary>
    /// <returns>The exit code: 4 where a page of the machine is wrong.</returns>
    public int Show(CliHost host, ParseResult parse, Machine machine)
    {
        var window = new MapWindow(
            SectionSpan.Parse(parse.GetValue(_section), "--section"),
            Values.Address(parse.GetValue(_from), "--from"),
            Values.Address(parse.GetValue(_to), "--to")
        );
        if (window.Sections is not null && (window.From ?? window.To) is not null)
            throw CliError.Usage("--section excludes --from and --to");
        bool isJson = parse.GetValue(_json),
            isTable = parse.GetValue(_table);
        if (isJson && (isTable || !window.IsEverything))
            throw CliError.Usage("--json gives the whole map; it excludes --table, --section, --from and --to");
        string? svg = parse.GetValue(_svg),
            html = parse.GetValue(_html);
        MapView? view = isJson && svg is null && html is null ? null : new MapView(machine, window);
        if (svg is not null)
            SvgFile.WriteSvg(svg, MapSvg.Draw(view!));
        if (html is not null)
            SvgFile.WriteHtml(html, view!.Title, MapPage.Body(view), MapTable.Of(machine, view.Window));
        if (isJson)
            JsonOutput.Write(host, json => MemoryMapJson.Write(json, machine, KernelChoice.Name(machine.Architecture.Architecture)));
        else if (isTable)
            MapTable.Of(machine, view!.Window).Write(host);
        else if (svg is null && html is null)
            MapText.Write(host.Out, view!, Screen.Of(host));
        return (view?.IsWrong ?? MapParts.Of(machine).Exists(p => p.IsWrong)) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }
}
