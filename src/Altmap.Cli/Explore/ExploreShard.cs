using System.Globalization;
using System.Runtime.InteropServices;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Json;
using Altmap.Host;
using Altmap.Host.Explore;
using Altmap.Model.Explore;

namespace Altmap.Cli.Explore;

/// <summary><c>explore --directory DIR [--shard I/N]</c>: a search that outlives its process, and may be shared.</summary>
internal static class ExploreShard
{
    private const int ShardsMax = 4096;

    public static int Run(CliHost host, ExploreRequest request, string directory, string? shard, string? threads, string? svg, bool isJson)
    {
        if (threads is not null)
            throw CliError.Usage("--threads: a search in a directory has one thread a shard; expected --shard I/N for more cores");
        if (request.Limits.StatesMax != long.MaxValue && shard is not null)
            throw CliError.Usage("--bounds: states= is no bound for shards; expected depth=");
        (int me, int shards) = Parse(shard);
        ExplorerModel model = request.Model();
        bool isInterrupted = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            context => (context.Cancel, isInterrupted) = (true, true)
        );
        var progress = new ExploreCommand.Progress(host);
        HostResult<ShardResult> run = ShardSearch.Run(
            model,
            request.Limits with
            {
                OnLevel = at =>
                {
                    if (at.Depth >= 0)
                        progress.Tell(at);
                    return !Volatile.Read(ref isInterrupted);
                },
            },
            directory,
            me,
            shards
        );
        progress.Clear();
        if (run.Error is { } error)
            throw CliError.Of(error);
        ShardResult result = run.Value!;
        if (result.Resumed > 0)
            host.Note(string.Create(CultureInfo.InvariantCulture, $"{directory} had {result.Resumed} levels of this search"));
        if (result.Found is { } found)
            return ExploreCommand.Tell(host, model, request, found, svg, isJson);
        if (isJson)
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteNumber("shard", me);
                    json.WriteNumber("shards", shards);
                    json.WriteNumber("own_states", result.OwnStates);
                    json.WriteNumber("states", result.States);
                    json.WriteString("stopped_by", result.Stopped);
                    json.WriteEndObject();
                }
            );
        else
        {
            string end = result.Stopped is null ? "done, shard 0 tells the result" : $"stopped ({result.Stopped})";
            host.Out.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"shard {me} of {shards}: {result.OwnStates:N0} of {result.States:N0} states; {end}"
                )
            );
        }
        return result.Stopped is null ? ExitCode.Success : ExitCode.Unsupported;
    }

    private static (int Me, int Shards) Parse(string? text)
    {
        if (text is null)
            return (0, 1);
        string[] words = text.Split('/');
        if (
            words.Length == 2
            && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int me)
            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int shards)
            && me < shards
            && shards <= ShardsMax
        )
            return (me, shards);
        throw CliError.Usage($"--shard: {Quote.Text(text)}; expected I/N, I from 0 to N-1, N up to {ShardsMax}, as 0/4");
    }
}
