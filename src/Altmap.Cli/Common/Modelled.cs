using Altmap.Core;

namespace Altmap.Cli.Common;

/// <summary>Questions to the model that it may not be able to answer.</summary>
internal static class Modelled
{
    /// <summary>The answer; where it is not modelled, the command ends with <c>unsupported: …</c>.</summary>
    public static T Answer<T>(Func<T> answer)
    {
        try
        {
            return answer();
        }
        catch (NotModelledException e)
        {
            throw new CliError(ExitCode.Unsupported, $"unsupported: {e.Message}");
        }
    }
}
