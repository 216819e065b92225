using Altmap.Formats.InfoBlocks;

namespace Altmap.Shell.Json;

/// <summary>An info-block as <c>ndctl read-infoblock</c> lists it (<see cref="InfoBlockJson"/>), as an object to print.</summary>
public static class InfoBlockObject
{
    /// <summary>The members in their order.</summary>
    public static JsonObject Of(IEnumerable<InfoBlockJsonEntry> entries) =>
        JsonObject.Of(
            entries.Select(e => KeyValuePair.Create(e.Key, e.IsString ? new JsonText(e.Text) : (JsonValue)new JsonNumber(e.Text)))
        );
}
